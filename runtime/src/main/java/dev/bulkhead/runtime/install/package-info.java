/**
 * {@code install} and {@code uninstall}: Bulkhead in the settings of a container engine, written as
 * a careful administrator would. {@link dev.bulkhead.runtime.install.DockerSettings} and its
 * siblings are pure: they make new text of old. {@link dev.bulkhead.runtime.install.SettingsFile}
 * alone touches files.
 */
package dev.bulkhead.runtime.install;

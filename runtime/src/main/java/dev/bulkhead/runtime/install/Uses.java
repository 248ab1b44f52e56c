package dev.bulkhead.runtime.install;

/**
 * What a runtime is used for beside what asks for it by its name.
 *
 * @param byDefault for containers and pods that name no runtime
 * @param untrusted for pods whose annotation calls them untrusted
 */
public record Uses(boolean byDefault, boolean untrusted) {}

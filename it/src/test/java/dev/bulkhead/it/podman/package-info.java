/**
 * Podman as Debian ships it, with containers run by Bulkhead: private storage and settings in
 * namespaces of their own, which leave nothing on the host.
 */
package dev.bulkhead.it.podman;

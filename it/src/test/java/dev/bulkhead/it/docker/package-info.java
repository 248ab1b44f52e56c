/**
 * Docker as Debian ships it, with containers run by Bulkhead: a private containerd and dockerd in
 * namespaces of their own, which leave nothing on the host.
 */
package dev.bulkhead.it.docker;

/**
 * What a container leaves on disk between the commands: its directory, its state, the identity of
 * its processes; and the log that callers read. Uses {@code linux} and {@code oci}.
 */
package dev.bulkhead.runtime.container;

/**
 * A container's file tree: mounts with their options, devices, masked paths, the new root. Runs in
 * the child that becomes the container. May use {@code linux} and the {@code oci} records.
 */
package dev.bulkhead.agent.mount;

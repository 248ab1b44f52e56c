/**
 * A container's file tree: mounts with their options, devices, masked paths, the new root. Runs in
 * the child that becomes the container. May use {@code linux}, the {@code oci} records and where
 * {@code boot} put the guest's own file systems.
 */
package dev.bulkhead.agent.mount;

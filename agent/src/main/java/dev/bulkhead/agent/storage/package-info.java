/**
 * Directories and file systems that the host lends the guest: shared directories, disks, tmpfs,
 * copies that follow a volume of the host. May use {@code linux}, {@code boot}, {@code device},
 * {@code mount}, the agent's messages, and {@code ttrpc} and {@code protobuf} for the requests that
 * it answers.
 */
package dev.bulkhead.agent.storage;

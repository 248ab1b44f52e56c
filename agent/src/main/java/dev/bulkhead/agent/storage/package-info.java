/**
 * Directories and file systems that the host lends the guest: shared directories, disks, tmpfs,
 * copies that follow a volume of the host. May use {@code linux}, {@code boot}, {@code device},
 * {@code mount} and the agent's messages.
 */
package dev.bulkhead.agent.storage;

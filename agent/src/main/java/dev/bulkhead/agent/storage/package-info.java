/**
 * Directories and file systems that the host lends the guest: shared directories, disks, tmpfs. May
 * use {@code linux}, {@code boot}, {@code device} and the agent's messages.
 */
package dev.bulkhead.agent.storage;

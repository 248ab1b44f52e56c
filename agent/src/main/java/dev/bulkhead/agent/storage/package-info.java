/**
 * Directories and file systems that the host lends the guest: shared directories, tmpfs. May use
 * {@code linux}, {@code boot} and the agent's messages.
 */
package dev.bulkhead.agent.storage;

/**
 * From a forked child to the container's program: user, groups, capabilities, limits, system call
 * filter, environment, exec. May use {@code linux} and the {@code oci} records.
 */
package dev.bulkhead.agent.process;

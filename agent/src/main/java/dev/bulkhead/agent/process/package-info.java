/**
 * From a forked child to the container's program: user, groups, capabilities, limits, system call
 * filter, environment, exec; and programs of the guest itself. May use {@code linux}, {@code
 * agentapi.seccomp} and the {@code oci} records.
 */
package dev.bulkhead.agent.process;

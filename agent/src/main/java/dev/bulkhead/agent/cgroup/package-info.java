/**
 * What a container may use of the guest and what it used: cgroups of version 2. May use {@code
 * linux}, the {@code oci} records and the agent's messages.
 */
package dev.bulkhead.agent.cgroup;

/**
 * What a container may use of the guest and what it used: cgroups of version 2. May use {@code
 * linux}, the {@code oci} records, the agent's messages, and where {@code boot} put the guest's own
 * file systems.
 */
package dev.bulkhead.agent.cgroup;

/**
 * The monitor: the process that owns a container's sandbox from creation to the container's end,
 * and the socket on which the commands ask it. Uses {@code sandbox} with its disks, {@code
 * hypervisor} for its errors, {@code linux}, the {@code oci} records and the agent's messages, and
 * beside it {@code setup}, {@code config}, {@code container}, {@code stand}, {@code cgroup}, {@code
 * network}, {@code volume}, and of {@code run} what serves the files.
 */
package dev.bulkhead.runtime.monitor;

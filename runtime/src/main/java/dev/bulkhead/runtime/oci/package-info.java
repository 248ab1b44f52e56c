/**
 * The bodies of the OCI command line: one class per command. A command that boots nothing reads the
 * state file (of {@code container}) and looks whether the container's process lives; everything
 * else is asked of the container's monitor. Uses {@code container}, {@code monitor}, {@code stand},
 * {@code hooks}, {@code cgroup}, {@code network} and {@code setup} beside it, {@code linux}, the
 * {@code oci} records, and of {@code sandbox} the files that a container lends.
 */
package dev.bulkhead.runtime.oci;

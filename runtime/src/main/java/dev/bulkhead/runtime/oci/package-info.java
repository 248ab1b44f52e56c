/**
 * The bodies of the OCI command line: one class per command, and what a container leaves on disk
 * between them. A command that boots nothing reads the state file and looks whether the container's
 * process lives; everything else is asked of the container's monitor. Uses {@code monitor}, {@code
 * stand}, {@code hooks} and {@code cgroup} beside it.
 */
package dev.bulkhead.runtime.oci;

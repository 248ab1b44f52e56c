/**
 * The containerd shim: the program {@code containerd-shim-bulkhead-v2}, which containerd starts for
 * each container or pod and asks by ttrpc (containerd's runtime v2 contract). One process owns one
 * virtual machine with all containers in it, until containerd has deleted the last one.
 *
 * <p>Uses {@code shim-api}, {@code ttrpc}, {@code sandbox} with its disks, {@code hypervisor} for
 * its errors, {@code linux}, the {@code oci} records and the agent's messages, and beside it {@code
 * stand}, {@code cgroup}, {@code container}, {@code network}, {@code volume}, {@code hooks}, {@code
 * digest}, of {@code monitor} its socket with the requests, hooks in guests and turns of boots, of
 * {@code run} what serves the files, and what reads configurations and bundles ({@code config},
 * {@code setup}, {@code command}, {@code oci}). Nothing uses it but the program's main class.
 */
package dev.bulkhead.runtime.shim;

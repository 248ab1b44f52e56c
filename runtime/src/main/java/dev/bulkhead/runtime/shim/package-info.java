/**
 * The containerd shim: the program {@code containerd-shim-bulkhead-v2}, which containerd starts for
 * each container or pod and asks by ttrpc (containerd's runtime v2 contract). One process owns one
 * virtual machine with all containers in it, until containerd has deleted the last one. Uses {@code
 * shim-api}, {@code sandbox}, {@code stand}, {@code cgroup}, {@code container} and what reads
 * configurations and bundles; nothing uses it but the program's main class.
 */
package dev.bulkhead.runtime.shim;

/** Runs the hooks of the OCI specification on the host. Uses {@code linux} and {@code oci}. */
package dev.bulkhead.runtime.hooks;

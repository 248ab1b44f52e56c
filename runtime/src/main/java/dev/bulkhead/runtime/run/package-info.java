/**
 * {@code bulkhead run}: one container in a sandbox of its own, in the foreground, from the caller's
 * streams to its exit code; and what its machines have in common with those of other commands:
 * their settings, and who serves their files.
 *
 * <p>Uses {@code sandbox} with its disks, {@code hypervisor}, {@code linux}, the {@code oci}
 * records and the agent's messages, and beside it {@code cli} and {@code command} for its options,
 * {@code config}, {@code setup}, {@code image}, {@code network} and its bridge.
 */
package dev.bulkhead.runtime.run;

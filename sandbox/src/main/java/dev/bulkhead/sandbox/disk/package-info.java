/**
 * Block devices of the host that a container gets as disks of its machine: which ones a
 * specification asks for, with which rights, and their life from the host's device to the guest's.
 * It may use {@code linux}, {@code hypervisor}, {@code oci}, the agent's messages, and of {@code
 * sandbox} the errors.
 */
package dev.bulkhead.sandbox.disk;

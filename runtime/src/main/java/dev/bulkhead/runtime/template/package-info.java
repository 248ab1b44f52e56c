/**
 * The command {@code template}: what it shows and makes. And what a machine does before it is
 * anybody's: the machines that are saved with their hypervisor's process are made here, and {@link
 * dev.bulkhead.runtime.template.WarmUp} runs containers in these and in those of the pool.
 *
 * <p>Uses {@code sandbox}, {@code sandbox.template}, {@code hypervisor}, {@code linux}, the {@code
 * oci} records, the agent's messages, and beside it {@code setup}, which machines are made with,
 * {@code run} for an example and the share, {@code network}, {@code cli}, {@code config} and {@code
 * container}.
 */
package dev.bulkhead.runtime.template;

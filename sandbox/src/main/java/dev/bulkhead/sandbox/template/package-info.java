/**
 * Templates: machines that were saved when their agents had come up, so that others begin as
 * copy-on-write clones of them instead of booting. Uses {@code hypervisor}, {@code linux} and the
 * client of the agent.
 */
package dev.bulkhead.sandbox.template;

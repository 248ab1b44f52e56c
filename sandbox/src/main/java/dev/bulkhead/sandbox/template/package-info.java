/**
 * Templates: machines that were saved, so that others begin as copy-on-write clones of them instead
 * of booting. One without its hypervisor's process is saved when its agent has come up; one with it
 * when a {@link dev.bulkhead.sandbox.template.ReadyMaker} has made it ready. {@link
 * dev.bulkhead.sandbox.template.Templates} starts machines in whatever way there is, and asks the
 * pool first. Uses {@code hypervisor}, {@code linux}, the client of the agent, and {@code
 * sandbox.pool}.
 */
package dev.bulkhead.sandbox.template;

/**
 * Containers inside the guest and the processes in them: made, started, signalled, waited for,
 * removed. Uses {@code mount}, {@code cgroup} and {@code process} for what a child does, and knows
 * nothing of the host's protocol.
 */
package dev.bulkhead.agent.container;

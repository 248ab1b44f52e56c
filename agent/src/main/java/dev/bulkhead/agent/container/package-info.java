/**
 * Containers inside the guest and the processes in them: made, started, signalled, waited for,
 * removed. Uses {@code linux}, the {@code oci} records, {@code mount}, {@code cgroup}, {@code
 * device} and {@code process} for what a child does. Of the host's protocol it knows the request
 * that makes a container, which a prepared process gets as it came, and no other.
 */
package dev.bulkhead.agent.container;

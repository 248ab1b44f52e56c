/**
 * The network of a container is the network of its machine: the interfaces that the container's
 * network namespace has on the host are found, each is joined with a tap of the machine, and the
 * agent gives the guest's interface the same name, addresses and routes.
 *
 * <p>Uses {@code linux} with its netlink, {@code hypervisor} for the devices, {@code sandbox}, the
 * agent's messages, {@code ttrpc} for their errors, {@code config} and {@code container} beside it.
 * Of Docker it knows the resolver only ({@code DockerResolver}). Interfaces may come before the
 * machine, with the hooks, between create and start, or while the container runs.
 */
package dev.bulkhead.runtime.network;

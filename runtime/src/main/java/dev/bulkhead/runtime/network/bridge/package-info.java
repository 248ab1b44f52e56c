/**
 * The default bridge of {@code bulkhead run}: a bridge of the host, one for all containers of that
 * command, made when the first one comes and removed with the last one; addresses in its network,
 * ways out and published ports by a table of nftables of its own. What killed owners left is found
 * by their unlocked files, and removed by whoever comes next.
 *
 * <p>Uses {@code linux} with its netlink, the program nft, {@code hypervisor} for the device,
 * {@code sandbox}, the agent's messages, {@code runtime.container} for its errors, and what {@code
 * runtime.network} has for every network.
 */
package dev.bulkhead.runtime.network.bridge;

/**
 * The guest's network as the host wants it: interfaces found by their devices and dressed with
 * name, MAC, MTU and addresses, routes, neighbours. It may use {@code linux} with its netlink, the
 * messages, {@code device}, and {@code boot} for the driver.
 */
package dev.bulkhead.agent.network;

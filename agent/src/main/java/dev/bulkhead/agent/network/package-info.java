/**
 * The guest's network as the host wants it: interfaces found by their devices and dressed with
 * name, MAC, MTU and addresses, routes, neighbours, packet filter. It may use {@code linux} with
 * its netlink, the messages, {@code ttrpc} and {@code protobuf} for the requests that it answers,
 * {@code device}, {@code boot} for the driver, and {@code process} for the guest's own programs.
 */
package dev.bulkhead.agent.network;

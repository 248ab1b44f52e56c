package dev.bulkhead.linux.netlink;

/**
 * An IP address of an interface.
 *
 * @param link the interface's index
 * @param scope the kernel's RT_SCOPE_ number
 */
public record Address(int link, IpPrefix prefix, int scope) {}

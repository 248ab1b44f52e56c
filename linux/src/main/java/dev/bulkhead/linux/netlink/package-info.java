/**
 * The kernel's network by rtnetlink(7): interfaces, addresses, routes, neighbours, and the filters
 * that join two interfaces. Host and agent use the same.
 *
 * <p>{@link dev.bulkhead.linux.netlink.Requests} and {@link dev.bulkhead.linux.netlink.Replies}
 * know the bytes and do nothing else; {@link dev.bulkhead.linux.netlink.Rtnetlink} exchanges them
 * with the kernel. This room has no raw addresses; it may use {@code dev.bulkhead.linux}.
 */
package dev.bulkhead.linux.netlink;

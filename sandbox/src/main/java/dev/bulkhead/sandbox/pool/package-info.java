/**
 * The pool: machines whose guests are up and wait for a container, each held by a keeper that hands
 * it over to the first who asks. What a keeper passes on, and how it is taken. Uses {@code
 * hypervisor}, {@code linux} with its netlink, what tells kinds of machines apart in {@code
 * sandbox.template}, and where a shared directory has the containers' files ({@link
 * dev.bulkhead.sandbox.SharedDirectory}).
 */
package dev.bulkhead.sandbox.pool;

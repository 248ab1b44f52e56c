/** Machines that are ready before a container needs one, taken by {@code run} and by Docker. */
package dev.bulkhead.it.pool;

/**
 * The command {@code pool}: a process that keeps machines ready, and the keepers that each hold one
 * of them until a container takes it. How it is taken is in {@code sandbox.pool}. Uses what
 * commands that boot machines use.
 */
package dev.bulkhead.runtime.pool;

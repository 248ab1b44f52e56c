/**
 * {@code bulkhead run}: one container in a sandbox of its own, in the foreground, from the caller's
 * streams to its exit code. Uses {@code sandbox}.
 */
package dev.bulkhead.runtime.run;

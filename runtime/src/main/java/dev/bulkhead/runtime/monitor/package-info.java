/**
 * The monitor: the process that owns a container's sandbox from creation to the container's end,
 * and the socket on which the commands ask it. Uses {@code sandbox}, {@code stand} and {@code
 * cgroup}.
 */
package dev.bulkhead.runtime.monitor;

/**
 * From the kernel's first call of PID 1 to a guest in which the agent can answer: file systems,
 * modules, the port to the host. May use {@code linux} only.
 */
package dev.bulkhead.agent.boot;

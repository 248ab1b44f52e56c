/**
 * A container's system call profile as the program that the kernel runs. The host compiles it,
 * which takes a translated guest ten times as long; an agent does it for a host that sends none.
 * May use {@code linux} and the {@code oci} records.
 */
package dev.bulkhead.agentapi.seccomp;

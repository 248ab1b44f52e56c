/**
 * A sandbox's life: the virtual machine, the agent in it, the files it shares, its containers and
 * their streams, its state on disk and its end. Knows nothing of Docker, containerd or command
 * lines; uses {@code hypervisor}, {@code agent-api}, {@code oci} and {@code linux}.
 */
package dev.bulkhead.sandbox;

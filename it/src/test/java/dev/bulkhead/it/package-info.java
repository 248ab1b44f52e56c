/**
 * Tests from outside: the real binaries with the real QEMU, Docker, Podman and containerd, as a
 * user has them. Every test asserts that it left nothing behind.
 */
package dev.bulkhead.it;

/**
 * Whether the host's KVM is worth using, found out by running it, and what follows from that.
 *
 * <p>That /dev/kvm is there says little: inside other virtual machines it may open and create
 * machines and yet emulate every instruction of their kernels, a thousand times slower than
 * hardware and a hundred times slower than QEMU's own translation.
 */
package dev.bulkhead.hypervisor.kvm;

/**
 * QEMU as a hypervisor: its command line as a pure function of the machine's specification, its
 * process with as few rights as it can work with, and its end explained.
 *
 * <p>QEMU 7.2 (Debian 12) and newer. Everything that it is given is a descriptor where it takes one
 * (monitor, console, agent port, virtio-fs daemon), so that no socket lies in a directory and
 * nothing is left there when it dies.
 */
package dev.bulkhead.hypervisor.qemu;

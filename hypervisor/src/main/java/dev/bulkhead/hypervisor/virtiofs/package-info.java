/**
 * virtiofsd, the daemon behind a virtio-fs share: where it is, which of its two kinds it is, and
 * one that runs.
 *
 * <p>Debian 12 has the one written in C that came with QEMU (package qemu-system-common), Debian 13
 * the one written in Rust (package virtiofsd). They take the same things by different names.
 */
package dev.bulkhead.hypervisor.virtiofs;

/**
 * Virtual machines, whichever program runs them: what a machine is made of ({@link
 * dev.bulkhead.hypervisor.MachineSpec}), who can run it ({@link
 * dev.bulkhead.hypervisor.Hypervisor}), and one that runs ({@link
 * dev.bulkhead.hypervisor.VirtualMachine}).
 *
 * <p>The rooms below hold one implementation or helper program each: {@code qemu}, {@code qmp} (the
 * protocol that QEMU is steered by), {@code kvm} (whether the host's KVM is worth using), {@code
 * virtiofs} (the daemon behind a virtio-fs share).
 *
 * <p>This module may use {@code linux} and a JSON library. It knows nothing of containers: it boots
 * a kernel with devices, offers a byte stream to whatever runs inside, and tells how it ended.
 * Everything that comes out of a machine (console, exit, protocol answers) may have been chosen by
 * a hostile guest, so it is bounded and checked here.
 */
package dev.bulkhead.hypervisor;

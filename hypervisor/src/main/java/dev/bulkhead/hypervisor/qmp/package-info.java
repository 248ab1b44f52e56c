/**
 * The QEMU Machine Protocol, by which QEMU is steered: JSON objects, one a line, over a stream. See
 * QEMU's docs/interop/qmp-spec.
 *
 * <p>{@link dev.bulkhead.hypervisor.qmp.QmpProtocol} is the protocol without any I/O; {@link
 * dev.bulkhead.hypervisor.qmp.QmpClient} puts it on a socket in the event loop. The other side may
 * be a QEMU that its guest has taken over, so lines and nesting are bounded and nothing it sends
 * makes this side keep more than the commands it asked for.
 */
package dev.bulkhead.hypervisor.qmp;

/**
 * Remote calls in ttrpc's framing (<a
 * href="https://github.com/containerd/ttrpc/blob/main/PROTOCOL.md">protocol</a>), the caller's side
 * and the callee's.
 *
 * <p>Both sides are state machines without input, output, threads or clock: received bytes are put
 * in, bytes to send come out through a {@link dev.bulkhead.ttrpc.FrameSink}. Sockets, time limits
 * and the event loop are the business of whoever owns the connection. Uses {@code
 * dev.bulkhead.protobuf} and nothing else.
 */
package dev.bulkhead.ttrpc;

/**
 * The guest's only program: PID 1, which makes containers inside the virtual machine as the host
 * asks for over ttrpc, wire-compatible with Kata's agent. {@code boot} brings the guest up, {@code
 * channel} carries bytes, {@code service} answers, the other rooms do the work.
 */
package dev.bulkhead.agent;

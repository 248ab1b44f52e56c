/**
 * The devices of this machine, found by the places where the host plugged them in, some of them
 * while it runs. It may use {@code linux}, the messages, the {@code oci} records, and {@code boot}
 * for drivers.
 */
package dev.bulkhead.agent.device;

/**
 * The OCI runtime specification (version 1.2) as records: container configuration, state and
 * features.
 *
 * <p>The records are generated from {@code oci.proto}. Each has two forms: the JSON of the
 * specification, and the protobuf that travels to the agent, whose field numbers are Kata's. What
 * Kata's messages lack has numbers from 1000 on, which Kata skips. Uses {@code
 * dev.bulkhead.protobuf} and nanojson; decides nothing about what a valid configuration is.
 */
package dev.bulkhead.oci;

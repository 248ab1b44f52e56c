/**
 * What host and agent say to each other: the messages and services of Kata's agent protocol, so
 * that either half can be exchanged for Kata's.
 *
 * <p>Most of it is generated from the {@code .proto} files. Uses {@code dev.bulkhead.oci} and
 * {@code dev.bulkhead.ttrpc}.
 */
package dev.bulkhead.agentapi;

/**
 * The protobuf wire format: what the generated messages read themselves from and write themselves
 * to, and the well-known types {@code Any}, {@code Empty} and {@code Timestamp}.
 *
 * <p>Follows <a href="https://protobuf.dev/programming-guides/encoding/">the encoding
 * specification</a> of proto3. Knows nothing of files, sockets or remote calls, and uses nothing
 * but {@code java.lang} and {@code java.util}. Whatever is read may come from a hostile guest:
 * every length is checked against the bytes that are there before anything is allocated.
 */
package dev.bulkhead.protobuf;

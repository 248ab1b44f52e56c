/**
 * The command line as data: a {@link dev.bulkhead.runtime.cli.Program} with its commands, options
 * and arguments is defined once, and parsing, {@code --help}, the manual page and the shells'
 * completion all read that one definition.
 *
 * <p>This room is pure: it may use nothing but the Java library, it reads no file and prints
 * nothing. What a command does lies elsewhere.
 *
 * <p>Of the libraries that do such a thing, picocli does not compile natively (it reflects), and
 * commons-cli (one megabyte more of machine code) and jopt-simple know neither commands nor manual
 * pages nor completion; so this one is our own.
 */
package dev.bulkhead.runtime.cli;

/**
 * The configuration: {@code configuration.toml} with Kata's names of keys where the meaning is
 * Kata's, read into immutable records.
 *
 * <p>{@link dev.bulkhead.runtime.config.Keys} is the list of all keys with their types, ranges and
 * defaults. A key that is not in it is an error, and one that is in it is honoured: nobody can set
 * something without effect.
 *
 * <p>This room is pure: it is given the texts of files and the paths to look for, it opens none. It
 * may use {@code hypervisor} for the names of things, and the command line's spelling.
 */
package dev.bulkhead.runtime.config;

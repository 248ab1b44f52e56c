/**
 * Reads TOML 1.0 (toml.io) into values that know the line they stand in. Dates and times are
 * refused: nothing here has use for them.
 *
 * <p>It is our own because none of the libraries compiles natively: tomlj needs ANTLR's file
 * streams, night-config and jtoml need what TeaVM's class library lacks, and the last two forget
 * the lines that messages must name. It is pure and uses nothing but the Java library.
 */
package dev.bulkhead.runtime.config.toml;

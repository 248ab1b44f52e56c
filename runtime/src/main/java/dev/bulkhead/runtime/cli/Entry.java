package dev.bulkhead.runtime.cli;

/**
 * One line of a list in help and manual: an exit code, a file, a variable or an example, and what
 * it means.
 */
public record Entry(String term, String meaning) {}

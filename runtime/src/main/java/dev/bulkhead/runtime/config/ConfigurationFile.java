package dev.bulkhead.runtime.config;

/**
 * One file of the configuration.
 *
 * @param name its path, for messages
 */
public record ConfigurationFile(String name, String text) {}

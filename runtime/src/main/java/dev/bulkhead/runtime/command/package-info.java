/**
 * The commands of the program {@code bulkhead} as definitions: one class each, named by it, but
 * that {@code install} and {@code uninstall} share one. What a command does lies elsewhere, unless
 * it only tells about the program itself.
 *
 * <p>The definitions are data of {@link dev.bulkhead.runtime.cli}; {@link
 * dev.bulkhead.runtime.command.Commands} lists them all. Their values may be types of {@code
 * image}, {@code install}, {@code network.bridge} and {@code pool} beside it.
 */
package dev.bulkhead.runtime.command;

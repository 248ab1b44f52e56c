/**
 * The commands of the program {@code bulkhead}: one class each, named by it, with the command's
 * definition and what it does.
 *
 * <p>The definitions are data of {@link dev.bulkhead.runtime.cli}; {@link
 * dev.bulkhead.runtime.command.Commands} lists them all.
 */
package dev.bulkhead.runtime.command;

/**
 * The host program. {@link dev.bulkhead.runtime.Main} is told by the name it is called by what to
 * be, reads its command line and hands over to a command.
 */
package dev.bulkhead.runtime;

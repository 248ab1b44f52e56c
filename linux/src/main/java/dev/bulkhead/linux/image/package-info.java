/**
 * Images of processes: a process that stands still is saved, with all that is in its memory, and
 * others go on from there as its copies, each with the image's pages until it changes them.
 *
 * <p>{@link dev.bulkhead.linux.image.ProcessSaver} makes an image, {@link
 * dev.bulkhead.linux.image.ProcessRestorer} a process of it. What they can do is what a program
 * needs that computes and serves descriptors which it is given: threads, private memory, signals,
 * filters of system calls, and descriptors of the kernel's events. Anything else, as memory shared
 * with others or open sockets that nobody gives anew, is refused when the image is made.
 *
 * <p>An image is good for the boot of the host in which it was made: the kernel's own pages in a
 * process, its calls' ways of being interrupted and the processor's state are the same then.
 *
 * <p>This room has no raw addresses; it may use {@code dev.bulkhead.linux}. x86-64 only.
 */
package dev.bulkhead.linux.image;

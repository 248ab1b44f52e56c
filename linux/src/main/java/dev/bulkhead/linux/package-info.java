/**
 * The Linux kernel as plain Java: descriptors, the epoll loop, processes, namespaces, mounts,
 * terminals.
 *
 * <p>This is the only room with raw addresses. {@link dev.bulkhead.linux.Libc} declares the C
 * functions, every other class here wraps a few of them in types that cannot be misused: a
 * descriptor has one owner, a failed call is a {@link dev.bulkhead.linux.LinuxException} with the
 * call's name, its subject and errno. With another implementation of this room the rest of Bulkhead
 * would run on a JVM.
 *
 * <p>It may use nothing but TeaVM's interop annotations. There are no threads: one {@link
 * dev.bulkhead.linux.EventLoop} per program.
 *
 * <p>The collector moves objects, so {@code Address.ofData(array)} appears only in the expression
 * that passes it to a call. What the kernel reads through a pointer inside another structure
 * (iovec, argv) lies in a {@link dev.bulkhead.linux.NativeMemory}.
 */
package dev.bulkhead.linux;

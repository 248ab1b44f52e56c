/**
 * Makes what a virtual machine boots, when Bulkhead is built, from the agent and either Debian's
 * generic kernel package or a kernel that it builds from Debian's source with the options of {@code
 * guest/kernel/config}. It runs on a JVM, may use all of it and Debian's own programs (apt,
 * dpkg-deb, objcopy, make), and is no part of what is installed. Nothing else depends on it; what
 * binds it to the rest are the three files it leaves:
 *
 * <ul>
 *   <li>{@code vmlinux}: the kernel as an ELF file that boots by PVH, so that neither firmware nor
 *       a decompressor runs before it.
 *   <li>{@code initrd}: an uncompressed cpio archive with the agent as {@code /init}, the
 *       directories {@code /dev /proc /sys /run /tmp} to mount on, {@code /dev/console}, and
 *       modules below {@code /lib/modules}.
 *   <li>{@code guest.properties}: lines {@code key=value} that say what the two were made of, for
 *       {@code bulkhead env} ({@code kernel.release}, {@code kernel.package}, {@code
 *       kernel.version}, {@code agent.sha256}) and for the next build.
 * </ul>
 *
 * <h2>The index of the modules</h2>
 *
 * {@code /lib/modules/index} names each module that the agent may load, one a line, by words with
 * single spaces between them, every line ended by a newline, and nothing else in it:
 *
 * <pre>
 * NAME FILE [DEPENDENCY]...
 * NAME builtin
 * </pre>
 *
 * <ul>
 *   <li>NAME is the module's name as {@code /proc/modules} has it: with underscores, no dashes.
 *   <li>FILE lies in {@code /lib/modules} and is not compressed: it is loaded as it is, by {@code
 *       finit_module(fd, "", 0)}.
 *   <li>The DEPENDENCIES are the names of the modules to load before it, in this order. They are
 *       direct ones; theirs stand in their lines.
 *   <li>{@code builtin} for a file means that the kernel has the module in itself: there is nothing
 *       to load, and it can be used.
 *   <li>A line comes after the lines of its dependencies, so who reads from the top has seen them,
 *       and who loads from the top loads all.
 *   <li>A name without a line is a module that the kernel does not have.
 * </ul>
 *
 * <p>So to load a module: find its line; load its dependencies in the same way, except those that
 * are loaded; then load it, taking EEXIST for success. To reach the host, an agent loads {@code
 * virtio_pci} and {@code virtio_console} (or {@code vmw_vsock_virtio_transport}) first; {@link
 * dev.bulkhead.guest.WantedModules} lists the others.
 *
 * <p>The modules bear no signatures, as checking them takes most of the time of loading them. The
 * kernel says so once and marks itself tainted. It must not be told to insist on them
 * (module.sig_enforce, lockdown).
 *
 * <h2>The cache</h2>
 *
 * {@code --cache} holds the package ({@code download/}), the kernel and the modules made of it
 * ({@code kernel/}), and the lock of the build that works on them. They stay until they are
 * removed, with {@code make clean} for instance: a newer kernel is fetched then, not before.
 * Whatever is made is made under a name that ends in {@code .new} and renamed when it is complete.
 */
package dev.bulkhead.guest;

/**
 * Images: a name on the command line becomes a directory with a root file system and what the image
 * says about its process. They are fetched and unpacked by skopeo and umoci, once, and kept by
 * digest; {@link dev.bulkhead.runtime.image.RootImages} makes disks of root file systems by
 * mkfs.erofs, kept by their content. What the command line says of volumes, variables and limits is
 * read here, too.
 *
 * <p>May use {@code linux}, and {@code digest} beside it. Knows nothing of machines and of the
 * configuration.
 */
package dev.bulkhead.runtime.image;

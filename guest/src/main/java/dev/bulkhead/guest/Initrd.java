package dev.bulkhead.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;

/**
 * Writes the archive that the kernel unpacks into its first file system; see Linux's
 * Documentation/driver-api/early-userspace/buffer-format.rst.
 *
 * <p>It is not compressed. The guest's processor would have to undo that, and without hardware
 * virtualization it takes longer for it than the hypervisor takes to copy the difference; the
 * figures are in docs/performance.md.
 */
final class Initrd {
  static final String MODULES = "lib/modules";

  private static final List<String> DIRECTORIES =
      List.of("dev", "proc", "sys", "run", "lib", MODULES);

  private final CpioArchiveOutputStream archive;
  private long inode;

  private Initrd(CpioArchiveOutputStream archive) {
    this.archive = archive;
  }

  /**
   * Writes an archive. The same content makes the same bytes.
   *
   * @param agent the file that becomes {@code /init}
   * @param index the text of {@code /lib/modules/index}
   * @param modules what else goes into {@code /lib/modules}, by name
   * @throws IOException when it cannot be written
   */
  static void write(OutputStream out, byte[] agent, String index, Map<String, byte[]> modules)
      throws IOException {
    try (CpioArchiveOutputStream archive =
        new CpioArchiveOutputStream(out, CpioConstants.FORMAT_NEW)) {
      Initrd initrd = new Initrd(archive);
      for (String directory : DIRECTORIES) {
        initrd.directory(directory, 0755);
      }
      initrd.directory("tmp", 01777);
      // The kernel opens it for the agent's standard input and output before it starts it.
      initrd.characterDevice("dev/console", 0600, 5, 1);
      initrd.file("init", 0755, agent);
      initrd.file(MODULES + "/" + GuestKernel.INDEX, 0444, index.getBytes(StandardCharsets.UTF_8));
      for (Map.Entry<String, byte[]> module : modules.entrySet()) {
        initrd.file(MODULES + "/" + module.getKey(), 0444, module.getValue());
      }
    }
  }

  private void directory(String path, int mode) throws IOException {
    put(entry(path, CpioConstants.C_ISDIR | mode), new byte[0]);
  }

  private void file(String path, int mode, byte[] content) throws IOException {
    put(entry(path, CpioConstants.C_ISREG | mode), content);
  }

  private void characterDevice(String path, int mode, int major, int minor) throws IOException {
    CpioArchiveEntry entry = entry(path, CpioConstants.C_ISCHR | mode);
    entry.setRemoteDeviceMaj(major);
    entry.setRemoteDeviceMin(minor);
    put(entry, new byte[0]);
  }

  private CpioArchiveEntry entry(String path, int mode) {
    CpioArchiveEntry entry = new CpioArchiveEntry(CpioConstants.FORMAT_NEW, path);
    entry.setMode(mode);
    entry.setInode(++inode);
    entry.setNumberOfLinks(1);
    return entry;
  }

  private void put(CpioArchiveEntry entry, byte[] content) throws IOException {
    entry.setSize(content.length);
    archive.putArchiveEntry(entry);
    archive.write(content);
    archive.closeArchiveEntry();
  }
}

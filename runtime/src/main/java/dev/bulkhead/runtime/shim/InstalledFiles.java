package dev.bulkhead.runtime.shim;

import dev.bulkhead.runtime.setup.SharedFiles;
import java.util.Optional;

/**
 * What was installed with the program. It is looked for before the shim leaves the mount namespace
 * that it was started in, as from there on the kernel may tell another path of the program.
 *
 * @param share the directory of shared files
 * @param containerProcess the path of the program that stands for a guest's process
 */
record InstalledFiles(Optional<String> share, String containerProcess) {
  /**
   * Looks for them.
   *
   * @throws dev.bulkhead.runtime.container.ContainerException if they are not all there
   */
  static InstalledFiles find() {
    return new InstalledFiles(SharedFiles.find(), SharedFiles.containerProcess());
  }
}

package dev.bulkhead.agent.storage;

import dev.bulkhead.agentapi.kubelet.KubeletVolume;
import dev.bulkhead.linux.Files;

/** Changes the guest's copy of a {@link KubeletVolume}, as kubelet changes its own. */
final class KubeletLinks {
  private static final String NEXT = "..data_tmp";

  private KubeletLinks() {}

  /** Makes a link, in the place of another one. */
  static void put(String directory, String text, String name) {
    String next = directory + "/" + NEXT;
    Files.removeIfExists(next);
    Files.symlink(text, next);
    Files.rename(next, directory + "/" + name);
  }

  /** Removes a version that holds no more, and the names of what it alone had. */
  static void removeVersion(String directory, String version) {
    if (KubeletVolume.isVersion(version)) {
      Files.removeTree(directory + "/" + version);
    }
    for (String name : Files.list(directory)) {
      boolean ofVersion =
          KubeletVolume.link(directory, name)
              .filter(to -> to.startsWith(KubeletVolume.DATA + "/"))
              .isPresent();
      if (ofVersion && !Files.exists(directory + "/" + name)) {
        Files.remove(directory + "/" + name);
      }
    }
  }
}

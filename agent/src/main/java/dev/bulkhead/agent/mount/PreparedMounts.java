package dev.bulkhead.agent.mount;

import dev.bulkhead.agent.boot.GuestFileSystems;
import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Mounts;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.RootDirectory;
import dev.bulkhead.oci.Mount;
import dev.bulkhead.oci.Spec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The kernel's file systems of a container like an example, made before the container is known:
 * /proc, /sys and /dev with what is in them, hidden and protected as the example says. They are of
 * the namespaces of the process that made them. A container takes what it wants just so, once.
 */
public final class PreparedMounts implements AutoCloseable {
  private final Spec example;
  private final List<Mount> mounts;
  private final Map<String, DetachedMount> trees;

  private PreparedMounts(Spec example, List<Mount> mounts, Map<String, DetachedMount> trees) {
    this.example = example;
    this.mounts = mounts;
    this.trees = trees;
  }

  /**
   * Makes them, in a mount namespace that is for nothing else.
   *
   * @param example its root is not looked at, nor are its bind mounts
   */
  public static PreparedMounts make(Spec example) {
    List<Mount> mounts = TakenMounts.preparable(example);
    Spec kernels = example.withMounts(mounts).withRoot(example.root().withReadonly(false));
    Mounts.setPropagation("/", Mounts.MS_SLAVE | Mounts.MS_REC);
    Mounts.mount("tmpfs", GuestFileSystems.NEW_ROOT, "tmpfs", 0, "mode=755");
    RootFilesystem root = new RootFilesystem(kernels);
    root.furnish();
    root.restrict();
    Map<String, DetachedMount> trees = new LinkedHashMap<>();
    for (String top : TakenMounts.tops(mounts)) {
      trees.put(top, DetachedMount.copyOf(GuestFileSystems.NEW_ROOT + top, true));
    }
    return new PreparedMounts(example, mounts, trees);
  }

  /** The root of a container, with as much of this as it wants. */
  public RootFilesystem rootOf(Spec spec) {
    return new RootFilesystem(spec, TakenMounts.of(example, mounts, spec, this::exists), trees);
  }

  private boolean exists(String path) {
    for (Map.Entry<String, DetachedMount> tree : trees.entrySet()) {
      if (path.startsWith(tree.getKey() + "/")) {
        Optional<Fd> file =
            new RootDirectory(tree.getValue().top())
                .openIfExists(path.substring(tree.getKey().length()), Open.O_PATH);
        file.ifPresent(Fd::close);
        return file.isPresent();
      }
    }
    return trees.containsKey(path);
  }

  @Override
  public void close() {
    trees.values().forEach(DetachedMount::close);
  }
}

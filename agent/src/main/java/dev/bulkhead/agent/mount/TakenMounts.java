package dev.bulkhead.agent.mount;

import dev.bulkhead.oci.Linux;
import dev.bulkhead.oci.LinuxDevice;
import dev.bulkhead.oci.Mount;
import dev.bulkhead.oci.Spec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which mounts of an example a container takes over, as it wants the same in the same order. They
 * are told by trees: a mount of the example that is below no other one, with all that are below it
 * and what is hidden and protected there.
 *
 * @param surplus by the path of a tree's top, what is mounted below it that the container does not
 *     want
 * @param provided the places of the container's own mounts that are in these trees, in its list
 * @param devices those that are in these trees
 */
record TakenMounts(
    Map<String, List<String>> surplus, Set<Integer> provided, List<LinuxDevice> devices) {
  TakenMounts {
    surplus = Map.copyOf(surplus);
    provided = Set.copyOf(provided);
    devices = List.copyOf(devices);
  }

  /** None. */
  static TakenMounts none() {
    return new TakenMounts(Map.of(), Set.of(), List.of());
  }

  /** The mounts of a specification that can be made before its root and its volumes are there. */
  static List<Mount> preparable(Spec example) {
    List<Mount> mounts = new ArrayList<>();
    for (Mount mount : example.mounts()) {
      if (!RootFilesystem.isBind(mount) && isNormal(mount.destination()) && !dependsOnRoot(mount)) {
        mounts.add(mount);
      }
    }
    return mounts;
  }

  /** Without a mode a tmpfs has that of what it hides, and what it copies is the container's. */
  private static boolean dependsOnRoot(Mount mount) {
    if (!mount.type().equals("tmpfs")) {
      return false;
    }
    MountOptions options = MountOptions.parse(mount.options());
    return options.copyUp() || options.value("mode").isEmpty();
  }

  /** The paths of the trees in {@link #preparable} mounts. */
  static List<String> tops(List<Mount> mounts) {
    List<String> tops = new ArrayList<>();
    for (Mount mount : mounts) {
      String path = RootFilesystem.trimmed(mount.destination());
      if (!isWithinAny(path, tops)) {
        tops.add(path);
      }
    }
    return tops;
  }

  /**
   * Compares.
   *
   * @param made the {@link #preparable} mounts of the example
   * @param exists whether there is a file in what was made of the example
   */
  static TakenMounts of(Spec example, List<Mount> made, Spec wanted, Predicate<String> exists) {
    for (Mount mount : wanted.mounts()) {
      if (!isNormal(mount.destination())) {
        return none();
      }
    }
    Map<String, List<String>> surplus = new LinkedHashMap<>();
    Set<Integer> provided = new HashSet<>();
    List<LinuxDevice> devices = new ArrayList<>();
    for (String top : tops(made)) {
      Comparison comparison = Comparison.of(example, wanted, made, top);
      if (comparison.fits(exists)) {
        surplus.put(top, comparison.surplus());
        provided.addAll(comparison.same());
        devices.addAll(comparison.devices());
      }
    }
    return new TakenMounts(surplus, provided, devices);
  }

  /** Whether a path is in a tree that is taken over. */
  boolean covers(String path) {
    return isWithinAny(path, surplus.keySet());
  }

  /** Whether a path is absolute, not the root, and has no names that lead elsewhere. */
  private static boolean isNormal(String path) {
    String trimmed = RootFilesystem.trimmed(path);
    return trimmed.startsWith("/")
        && trimmed.length() > 1
        && !trimmed.contains("//")
        && !(trimmed + "/").contains("/./")
        && !(trimmed + "/").contains("/../");
  }

  private static boolean isWithinAny(String path, Iterable<String> directories) {
    for (String directory : directories) {
      if (isWithin(path, directory)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isWithin(String path, String directory) {
    return path.startsWith(directory)
        && (path.length() == directory.length() || path.charAt(directory.length()) == '/');
  }

  private static boolean areRelated(String one, String other) {
    return isWithin(one, other) || isWithin(other, one);
  }

  private static boolean areSame(Mount made, Mount wanted) {
    return made.type().equals(wanted.type())
        && made.source().equals(wanted.source())
        && wanted.uidMappings().isEmpty()
        && wanted.gidMappings().isEmpty()
        && (made.options().equals(wanted.options())
            || MountOptions.parse(made.options()).equals(MountOptions.parse(wanted.options())));
  }

  /**
   * The comparison of one tree.
   *
   * @param same the places of the container's mounts that are as in the tree
   * @param surplus what else is mounted in the tree
   * @param devices of the example in the tree
   */
  private record Comparison(
      Spec example,
      Spec wanted,
      String top,
      Set<Integer> same,
      List<String> surplus,
      List<LinuxDevice> devices) {

    static Comparison of(Spec example, Spec wanted, List<Mount> made, String top) {
      Set<Integer> same = new HashSet<>();
      List<String> surplus = new ArrayList<>();
      for (Mount mount : made) {
        String path = RootFilesystem.trimmed(mount.destination());
        if (isWithin(path, top)) {
          int place = onlyPlace(wanted, path);
          if (place >= 0 && areSame(mount, wanted.mounts().get(place))) {
            same.add(place);
          } else {
            surplus.add(path);
          }
        }
      }
      List<LinuxDevice> devices = new ArrayList<>();
      for (LinuxDevice device : RootFilesystem.devices(example)) {
        if (isWithin(device.path(), top)) {
          devices.add(device);
        }
      }
      return new Comparison(example, wanted, top, same, surplus, devices);
    }

    /** The place of the one mount that is wanted there; -1 if there is none, or several. */
    private static int onlyPlace(Spec wanted, String path) {
      int place = -1;
      for (int i = 0; i < wanted.mounts().size(); i++) {
        if (destination(wanted, i).equals(path)) {
          if (place >= 0) {
            return -1;
          }
          place = i;
        }
      }
      return place;
    }

    private static String destination(Spec wanted, int index) {
      return RootFilesystem.trimmed(wanted.mounts().get(index).destination());
    }

    boolean fits(Predicate<String> exists) {
      Linux ours = example.linux();
      Linux theirs = wanted.linux();
      // Masked is not the same as read-only, so both are compared.
      return !surplus.contains(top)
          && areDevicesSame()
          && isEachIn(ours.maskedPaths(), theirs.maskedPaths(), exists)
          && isEachIn(theirs.maskedPaths(), ours.maskedPaths(), exists)
          && isEachIn(ours.readonlyPaths(), theirs.readonlyPaths(), exists)
          && isEachIn(theirs.readonlyPaths(), ours.readonlyPaths(), exists)
          && isInOrder();
    }

    /** Whether those of the paths that are in the tree, and exist, are among others. */
    private boolean isEachIn(List<String> paths, List<String> others, Predicate<String> exists) {
      for (String path : paths) {
        if (isWithin(path, top) && !others.contains(path) && exists.test(path)) {
          return false;
        }
      }
      return true;
    }

    /** What else is mounted near comes behind what it would cover or be covered by. */
    private boolean isInOrder() {
      for (int i = 0; i < wanted.mounts().size(); i++) {
        if (!same.contains(i) && !canBeMountedLater(i)) {
          return false;
        }
      }
      for (String path : surplus) {
        if (isNearProtected(path)) {
          return false;
        }
      }
      return true;
    }

    private boolean canBeMountedLater(int index) {
      String path = destination(wanted, index);
      for (int place : same) {
        if (index < place && areRelated(path, destination(wanted, place))) {
          return false;
        }
      }
      return !isNearProtected(path);
    }

    private boolean isNearProtected(String path) {
      return isNear(path, wanted.linux().maskedPaths())
          || isNear(path, wanted.linux().readonlyPaths());
    }

    private boolean isNear(String path, List<String> others) {
      for (String other : others) {
        if (isWithin(other, top) && areRelated(path, other)) {
          return true;
        }
      }
      return false;
    }

    /** Those of the example, and others beside them. */
    private boolean areDevicesSame() {
      List<LinuxDevice> theirs = RootFilesystem.devices(wanted);
      for (LinuxDevice ours : devices) {
        if (!theirs.contains(ours)) {
          return false;
        }
        for (LinuxDevice other : theirs) {
          if (other.path().equals(ours.path()) && !other.equals(ours)) {
            return false;
          }
        }
      }
      return true;
    }
  }
}

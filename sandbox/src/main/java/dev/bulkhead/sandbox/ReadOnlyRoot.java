package dev.bulkhead.sandbox;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.RootDirectory;
import dev.bulkhead.oci.LinuxDevice;
import dev.bulkhead.oci.Mount;
import dev.bulkhead.oci.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Tells whether the host can lend a root read-only: it is to be, and nothing is missing in it that
 * the guest's agent would have to make first. Else the guest alone protects it.
 */
final class ReadOnlyRoot {
  /** One of those that the agent makes in every container. */
  private static final String DEVICE = "/dev/null";

  private ReadOnlyRoot() {}

  /** Whether it can be with this root, an open directory. */
  static boolean suits(Spec spec, Fd root) {
    if (!spec.root().readonly() || !isBelowMount(DEVICE, spec.mounts())) {
      return false;
    }
    try (RootDirectory directory = RootDirectory.open(root.procPath())) {
      return places(spec).stream()
          .filter(place -> !isBelowMount(place, spec.mounts()))
          .allMatch(place -> exists(directory, place));
    }
  }

  /** What the agent makes where it is missing. */
  private static List<String> places(Spec spec) {
    List<String> places = new ArrayList<>();
    spec.mounts().stream().map(Mount::destination).forEach(places::add);
    spec.linux().devices().stream().map(LinuxDevice::path).forEach(places::add);
    places.add(spec.process().cwd());
    return places;
  }

  private static boolean isBelowMount(String place, List<Mount> mounts) {
    return mounts.stream()
        .map(
            mount ->
                mount.destination().endsWith("/") ? mount.destination() : mount.destination() + "/")
        .anyMatch(top -> place.length() > top.length() && place.startsWith(top));
  }

  private static boolean exists(RootDirectory root, String place) {
    Optional<Fd> found = root.openIfExists(place, Open.O_PATH);
    found.ifPresent(Fd::close);
    return found.isPresent();
  }
}

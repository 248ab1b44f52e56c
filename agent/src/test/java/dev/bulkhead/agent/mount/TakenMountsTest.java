package dev.bulkhead.agent.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.oci.Linux;
import dev.bulkhead.oci.LinuxDevice;
import dev.bulkhead.oci.Mount;
import dev.bulkhead.oci.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class TakenMountsTest {
  private static final List<Mount> MOUNTS =
      List.of(
          mount("/proc", "proc", "nosuid", "noexec"),
          mount("/dev", "tmpfs", "nosuid", "mode=755"),
          mount("/dev/pts", "devpts", "newinstance", "gid=5"),
          mount("/sys", "sysfs", "ro"),
          mount("/sys/fs/cgroup", "cgroup", "ro", "nosuid"),
          mount("/dev/shm", "tmpfs", "mode=1777", "size=1m"));
  private static final Spec EXAMPLE =
      Spec.DEFAULT
          .withMounts(MOUNTS)
          .withLinux(
              Linux.DEFAULT
                  .withMaskedPaths(List.of("/proc/keys", "/proc/scsi", "/sys/firmware"))
                  .withReadonlyPaths(List.of("/proc/sys")));
  private static final Set<String> MISSING = Set.of("/proc/scsi", "/sys/powercap");

  private static Mount mount(String destination, String type, String... options) {
    return Mount.DEFAULT
        .withDestination(destination)
        .withType(type)
        .withSource(type)
        .withOptions(List.of(options));
  }

  private static TakenMounts taken(Spec wanted) {
    return taken(EXAMPLE, wanted, path -> !MISSING.contains(path));
  }

  private static TakenMounts taken(Spec example, Spec wanted, Predicate<String> exists) {
    return TakenMounts.of(example, TakenMounts.preparable(example), wanted, exists);
  }

  private static TakenMounts taken(List<Mount> mounts) {
    return taken(EXAMPLE.withMounts(mounts));
  }

  private static List<Mount> with(int index, Mount mount) {
    List<Mount> mounts = new ArrayList<>(MOUNTS);
    mounts.add(index, mount);
    return mounts;
  }

  private static List<Mount> instead(int index, Mount mount) {
    List<Mount> mounts = new ArrayList<>(MOUNTS);
    mounts.set(index, mount);
    return mounts;
  }

  private static TakenMounts takenBy(UnaryOperator<Linux> change) {
    return taken(EXAMPLE.withLinux(change.apply(EXAMPLE.linux())));
  }

  private static void assertTops(Set<String> expected, TakenMounts taken) {
    assertEquals(expected, taken.surplus().keySet());
  }

  @Test
  void takesAllThatIsTheSame() {
    TakenMounts taken = taken(EXAMPLE);
    assertEquals(Map.of("/proc", List.of(), "/dev", List.of(), "/sys", List.of()), taken.surplus());
    assertEquals(Set.of(0, 1, 2, 3, 4, 5), taken.provided());
    assertEquals(6, taken.devices().size());
    assertTrue(taken.covers("/proc/keys"));
    assertFalse(taken.covers("/process"));
  }

  @Test
  void takesTheSameInOtherWordsBesideOthers() {
    List<Mount> mounts = instead(4, mount("/sys/fs/cgroup", "cgroup", "nosuid", "ro"));
    mounts.add(mount("/etc/hosts", "bind", "rbind").withSource("/hosts"));
    mounts.add(mount("/dev/log", "bind", "bind").withSource("/log"));
    assertEquals(Set.of(0, 1, 2, 3, 4, 5), taken(mounts).provided());
  }

  @Test
  void tellsWhatIsTooMuchInATree() {
    TakenMounts taken =
        taken(instead(5, mount("/dev/shm", "bind", "rbind").withSource("/of/the/pod")));
    assertEquals(List.of("/dev/shm"), taken.surplus().get("/dev"));
    assertEquals(Set.of(0, 1, 2, 3, 4), taken.provided());
    assertEquals(
        List.of("/dev/shm"),
        taken(instead(5, mount("/dev/shm", "tmpfs", "mode=1777", "size=2m")))
            .surplus()
            .get("/dev"));
  }

  @Test
  void takesNothingOfAnotherKind() {
    assertTops(Set.of("/dev", "/sys"), taken(instead(0, mount("/proc", "proc", "nosuid"))));
    assertTops(
        Set.of("/proc", "/sys"),
        taken(instead(1, mount("/dev", "bind", "rbind").withSource("/dev"))));
    assertTops(Set.of("/proc", "/dev"), taken(instead(3, mount("/sys", "sysfs", "rw"))));
    // Twice there: the second one covers the first.
    assertTops(Set.of("/dev", "/sys"), taken(with(6, MOUNTS.get(0))));
  }

  @Test
  void takesNoTreeThatAnotherMountShouldLieUnder() {
    assertTops(
        Set.of("/proc", "/sys"), taken(with(5, mount("/dev/shm/below", "tmpfs", "mode=755"))));
    assertTops(
        Set.of("/proc", "/dev", "/sys"),
        taken(with(6, mount("/dev/shm/above", "tmpfs", "mode=755"))));
    assertTops(Set.of(), taken(with(0, mount("/", "tmpfs"))));
    assertTops(Set.of(), taken(with(6, mount("/x/../dev", "tmpfs"))));
    assertTops(Set.of(), taken(with(6, mount("/x//y", "tmpfs"))));
  }

  @Test
  void takesNoTreeThatIsProtectedInAnotherWay() {
    assertTops(
        Set.of("/dev", "/sys"), takenBy(linux -> linux.withMaskedPaths(List.of("/sys/firmware"))));
    assertTops(
        Set.of("/proc", "/dev"),
        takenBy(
            linux ->
                linux
                    .withMaskedPaths(List.of("/proc/keys", "/proc/scsi"))
                    .withReadonlyPaths(List.of("/proc/sys", "/sys/firmware"))));
    // What is not there needs no protection.
    assertTops(
        Set.of("/proc", "/dev", "/sys"),
        takenBy(
            linux ->
                linux.withMaskedPaths(List.of("/sys/powercap", "/sys/firmware", "/proc/keys"))));
    // A mask comes above all mounts.
    assertTops(
        Set.of("/dev", "/sys"),
        taken(with(6, mount("/proc/keys", "bind", "bind").withSource("/keys"))));
    // And above what is below a mount that is not wanted in the end.
    List<String> masked = List.of("/proc/keys", "/sys/firmware", "/dev/shm/x");
    Spec example = EXAMPLE.withLinux(EXAMPLE.linux().withMaskedPaths(masked));
    assertTops(
        Set.of("/proc", "/sys"),
        taken(example, example.withMounts(MOUNTS.subList(0, 5)), path -> true));
  }

  @Test
  void takesNoDevicesThatAreOthers() {
    LinuxDevice fuse = device("/dev/fuse", 10, 229);
    TakenMounts more = takenBy(linux -> linux.withDevices(List.of(fuse)));
    assertTrue(more.covers("/dev"));
    assertFalse(more.devices().contains(fuse));
    assertTops(
        Set.of("/proc", "/sys"),
        takenBy(linux -> linux.withDevices(List.of(device("/dev/null", 1, 5)))));
  }

  private static LinuxDevice device(String path, int major, int minor) {
    return LinuxDevice.DEFAULT.withPath(path).withType("c").withMajor(major).withMinor(minor);
  }

  @Test
  void takesNoTmpfsThatDependsOnTheRoot() {
    Spec example =
        EXAMPLE.withMounts(
            List.of(mount("/run", "tmpfs"), mount("/tmp", "tmpfs", "tmpcopyup", "mode=1777")));
    assertEquals(TakenMounts.none(), taken(example, example, path -> true));
  }
}

package dev.bulkhead.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CgroupPathTest {
  private static final String HYBRID =
      """
      24 1 0:22 / / rw - ext4 /dev/vda rw
      30 24 0:25 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
      31 30 0:26 / /sys/fs/cgroup/cpu rw,relatime shared:3 - cgroup cgroup rw,cpu
      32 30 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
      33 30 0:28 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
      """;

  @Test
  void versionOneComesFirst() {
    assertEquals(List.of("/sys/fs/cgroup/cpu", "/sys/fs/cgroup/memory"), CgroupMounts.find(HYBRID));
  }

  @Test
  void aHierarchyWithoutControllersIsKnownByItsName() {
    String named = "34 30 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n";
    assertEquals(List.of("/sys/fs/cgroup/systemd"), CgroupMounts.named(HYBRID + named));
  }

  @Test
  void versionTwoWhereThereIsNoOther() {
    assertEquals(
        List.of("/sys/fs/cgroup"),
        CgroupMounts.find("31 30 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n"));
  }

  @Test
  void aProcessIsFoundInEachHierarchy() {
    Map<String, String> own =
        CgroupMemberships.parse("3:cpu,cpuacct:/a:b\n2:name=systemd:/\n0::/user.slice\n");
    assertEquals(Map.of("cpu,cpuacct", "/a:b", "name=systemd", "/", "", "/user.slice"), own);
    List<CgroupMounts.Hierarchy> mounted =
        CgroupMounts.all(
            """
            31 30 0:26 / /sys/fs/cgroup/cpu,cpuacct rw shared:3 - cgroup cgroup rw,cpu,cpuacct
            32 30 0:27 /docker/x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
            33 30 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
            34 30 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate
            """);
    assertEquals("/sys/fs/cgroup/cpu,cpuacct/a:b", directory(mounted, "cpu,cpuacct", "/a:b"));
    assertEquals("/sys/fs/cgroup/systemd/", directory(mounted, "name=systemd", "/"));
    assertEquals("/sys/fs/cgroup/unified/user.slice", directory(mounted, "", "/user.slice"));
    assertEquals("/sys/fs/cgroup/memory/y", directory(mounted, "memory", "/docker/x/y"));
    assertEquals("", directory(mounted, "memory", "/docker/xy"));
    assertEquals("", directory(mounted, "pids", "/"));
  }

  private static String directory(
      List<CgroupMounts.Hierarchy> mounted, String controllers, String path) {
    return mounted.stream()
        .filter(hierarchy -> hierarchy.isOf(controllers))
        .flatMap(hierarchy -> hierarchy.directory(path).stream())
        .findFirst()
        .orElse("");
  }

  @ParameterizedTest
  @CsvSource({
    "system.slice:docker:abc,/system.slice/docker-abc.scope",
    ":docker:abc,/system.slice/docker-abc.scope",
    "user-1000-x.slice:p:n,/user.slice/user-1000.slice/user-1000-x.slice/p-n.scope",
    "-.slice:p:n,/p-n.scope",
    "machine.slice::n,/machine.slice/n.scope",
    "machine.slice:p:n.slice,/machine.slice/n.slice",
  })
  void systemdsFormHasItsPlace(String given, String path) {
    assertEquals(path, SystemdCgroupPath.of(given));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/docker/abc", "a:b", "a.slice:b:c:d", "a:b:c", "../a.slice:b:c"})
  void refusesWhatSystemdDoesNotKnow(String given) {
    assertThrows(IllegalArgumentException.class, () -> SystemdCgroupPath.of(given));
  }
}

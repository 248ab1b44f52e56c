package dev.bulkhead.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.bulkhead.oci.Hooks;
import dev.bulkhead.oci.Linux;
import dev.bulkhead.oci.LinuxCpu;
import dev.bulkhead.oci.LinuxDeviceCgroup;
import dev.bulkhead.oci.LinuxMemory;
import dev.bulkhead.oci.LinuxNamespace;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.Mount;
import dev.bulkhead.oci.Root;
import dev.bulkhead.oci.Spec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GuestSpecTest {
  private static Mount mount(String type, String source, String... options) {
    return Mount.DEFAULT
        .withDestination("/there")
        .withType(type)
        .withSource(source)
        .withOptions(List.of(options));
  }

  @Test
  void takesHostPathsAway() {
    Spec spec =
        Spec.DEFAULT
            .withRoot(Root.DEFAULT.withPath("/host/rootfs").withReadonly(true))
            .withHooks(Hooks.DEFAULT)
            .withLinux(
                Linux.DEFAULT
                    .withCgroupsPath("/docker/x")
                    .withNamespaces(
                        List.of(
                            LinuxNamespace.DEFAULT.withType("network").withPath("/proc/1/ns/net"),
                            LinuxNamespace.DEFAULT.withType("ipc").withPath("/proc/1/ns/ipc"),
                            LinuxNamespace.DEFAULT.withType("mount"))));
    Spec guest = GuestSpec.of(spec, "/guest/rootfs", volume -> "");
    assertEquals("/guest/rootfs", guest.root().path());
    assertEquals(true, guest.root().readonly());
    assertFalse(guest.hasHooks());
    assertEquals("", guest.linux().cgroupsPath());
    assertEquals(
        List.of(LinuxNamespace.DEFAULT.withType("ipc"), LinuxNamespace.DEFAULT.withType("mount")),
        guest.linux().namespaces());
  }

  @Test
  void lendsBindMountsOnly() {
    List<GuestSpec.Volume> lent = new ArrayList<>();
    Spec spec =
        Spec.DEFAULT.withMounts(
            List.of(
                mount("bind", "/a", "rbind", "ro"),
                mount("none", "/b", "bind", "rprivate"),
                mount("tmpfs", "tmpfs", "size=1m")));
    Spec guest =
        GuestSpec.of(
            spec,
            "/guest",
            volume -> {
              lent.add(volume);
              return "/lent" + volume.source();
            });
    assertEquals(
        List.of(new GuestSpec.Volume("/a", true, false), new GuestSpec.Volume("/b", false, true)),
        lent);
    assertEquals(
        List.of("/lent/a", "/lent/b", "tmpfs"),
        guest.mounts().stream().map(Mount::source).toList());
  }

  @Test
  void keepsLimitsThatTheGuestEnforces() {
    LinuxResources resources =
        LinuxResources.DEFAULT
            .withMemory(LinuxMemory.DEFAULT.withLimit(1L << 30))
            .withCpu(LinuxCpu.DEFAULT.withQuota(50_000L).withCpus("3").withMems("1"))
            .withDevices(List.of(LinuxDeviceCgroup.DEFAULT.withAllow(true)));
    Spec guest =
        GuestSpec.of(
            Spec.DEFAULT.withLinux(Linux.DEFAULT.withResources(resources)),
            "/g",
            GuestSpec.Volume::source);
    LinuxResources kept = guest.linux().resources();
    assertEquals(1L << 30, kept.memory().limit());
    assertEquals(50_000L, kept.cpu().quota());
    assertEquals("", kept.cpu().cpus());
    assertEquals("", kept.cpu().mems());
    assertEquals(List.of(), kept.devices());
  }
}

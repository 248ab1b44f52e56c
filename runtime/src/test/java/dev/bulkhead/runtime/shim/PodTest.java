package dev.bulkhead.runtime.shim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.runtime.container.ContainerException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PodTest {
  @Test
  void theRoleIsToldByEachEnginesAnnotations() {
    assertEquals(new PodRole.Alone(), PodRole.of(Map.of("other", "container")));
    assertEquals(
        new PodRole.Sandbox(), PodRole.of(Map.of("io.kubernetes.cri.container-type", "sandbox")));
    assertEquals(
        new PodRole.Sandbox(), PodRole.of(Map.of("io.kubernetes.docker.type", "podsandbox")));
    assertEquals(
        new PodRole.Member("p1"),
        PodRole.of(
            Map.of(
                "io.kubernetes.cri.container-type",
                "container",
                "io.kubernetes.cri.sandbox-id",
                "p1")));
    assertEquals(
        new PodRole.Member("p2"),
        PodRole.of(
            Map.of(
                "io.kubernetes.cri-o.ContainerType",
                "container",
                "io.kubernetes.cri-o.SandboxID",
                "p2")));
    assertThrows(
        ContainerException.class,
        () -> PodRole.of(Map.of("io.kubernetes.cri.container-type", "container")));
    assertThrows(
        ContainerException.class,
        () -> PodRole.of(Map.of("io.kubernetes.cri.container-type", "pod")));
  }

  @Test
  void theSizeIsToldByContainerdsAnnotations() {
    LinuxResources size =
        Pod.podSize(
            Map.of(
                "io.kubernetes.cri.sandbox-memory",
                "67108864",
                "io.kubernetes.cri.sandbox-cpu-quota",
                "50000",
                "io.kubernetes.cri.sandbox-cpu-period",
                "0"));
    assertEquals(67_108_864, size.memory().limit());
    assertEquals(50_000, size.cpu().quota());
    assertEquals(0, size.cpu().period());
    assertEquals(0, Pod.podSize(Map.of()).memory().limit());
    assertThrows(
        ContainerException.class,
        () -> Pod.podSize(Map.of("io.kubernetes.cri.sandbox-memory", "1Gi")));
  }
}

package dev.bulkhead.hypervisor.virtiofs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.virtiofs.VirtiofsdProgram.Cache;
import dev.bulkhead.hypervisor.virtiofs.VirtiofsdProgram.Kind;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VirtiofsdProgramTest {
  @Test
  void tellsTheKindsApart() {
    assertEquals(
        Kind.C,
        VirtiofsdProgram.kind(
            "/v", "virtiofsd version 7.2.22 (Debian 1:7.2)\nusing FUSE kernel interface 7.36"));
    assertEquals(Kind.RUST, VirtiofsdProgram.kind("/v", "virtiofsd 1.13.2"));
    HypervisorException refusal =
        assertThrows(
            HypervisorException.class, () -> VirtiofsdProgram.kind("/bin/ls", "ls (GNU) 9.1"));
    assertEquals("'/bin/ls' is no virtiofsd", refusal.getMessage());
  }

  @Test
  void namesTheSameThingsForBoth() {
    List<String> c =
        new VirtiofsdProgram("/v", Kind.C).arguments(3, "/share", Cache.NONE, List.of("-d"));
    assertEquals("-o", c.getFirst());
    List<String> options = List.of(c.get(1).split(",", -1));
    assertTrue(
        options.containsAll(List.of("source=/share", "sandbox=chroot", "cache=none", "xattr")));
    assertEquals(List.of("--fd=3", "--rlimit-nofile=0", "-d"), c.subList(2, c.size()));

    List<String> rust =
        new VirtiofsdProgram("/v", Kind.RUST).arguments(3, "/share", Cache.NONE, List.of());
    assertTrue(
        rust.containsAll(
            List.of("--shared-dir=/share", "--sandbox=chroot", "--cache=never", "--fd=3")));
  }

  @Test
  void knowsTheConfigurationsWords() {
    assertEquals(Optional.of(Cache.NONE), Cache.named("none"));
    assertEquals(Optional.of(Cache.NONE), Cache.named("never"));
    assertEquals(Optional.of(Cache.AUTO), Cache.named("auto"));
    assertEquals(Optional.of(Cache.ALWAYS), Cache.named("always"));
    assertEquals(Optional.empty(), Cache.named("sometimes"));
  }
}

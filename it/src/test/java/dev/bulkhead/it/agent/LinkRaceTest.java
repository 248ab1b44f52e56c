package dev.bulkhead.it.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.bulkhead.it.agent.GuestExtension.Inspector;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.ttrpc.RpcException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A container swaps directories of a volume for links while the agent sets up another container of
 * the same guest in that volume, or a process of its own: all stays in the container that it is
 * for. That the guest's own mounts are as before, the extension compares.
 */
@ExtendWith(GuestExtension.class)
final class LinkRaceTest {
  private static final int ATTEMPTS = 25;
  private static final int MOST_DESCRIPTORS = 16;

  /** Where links lead: out by names, by the root of another process, by the agent's own. */
  private static final List<String> LINKS = List.of("../../../../../run", "/proc/1/root/run", "/");

  private static final String SWAPPING =
      "cd /v; while [ ! -e end ]; do for link in "
          + String.join(" ", LINKS)
          + "; do mkdir sub; rm -rf sub; ln -sn $link sub; rm -rf sub; done; done; mkdir sub";

  @Test
  void nothingIsMountedOutsideOfTheOtherContainer(Guest guest, Inspector inspector)
      throws Exception {
    Guest.Root volume = guest.newVolume();
    Spec hostile = inVolume(volume, Specs.of(guest.newRoot(), "sh", "-c", SWAPPING));
    Spec other =
        Specs.withMounts(
            inVolume(volume, Specs.of(guest.newRoot(), "sleep", "1000000")),
            Specs.mount("tmpfs", "tmpfs", "/v/sub", "size=64k"),
            Specs.bind(guest.newVolume().inGuest(), "/v/sub/below", "rbind", "rw"));
    String names = "ls -A /proc/1/root/run /proc/1/root";
    try (GuestContainer swapping = GuestContainer.start(guest, hostile)) {
      String before = inspector.output(names);
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        makeIfPossible(guest, other);
      }
      Files.createFile(volume.onHost().resolve("end"));
      swapping.init().finish().succeeds();
      Path sub = volume.onHost().resolve("sub");
      for (String target : LINKS) {
        Files.delete(sub);
        Files.createSymbolicLink(sub, Path.of(target));
        makeIfPossible(guest, other);
      }
      assertEquals(before, inspector.output(names));
      Files.delete(sub);
      Files.createDirectory(sub);
    }
    try (GuestContainer container = GuestContainer.start(guest, other)) {
      assertEquals("1\n", container.output("grep -c '^tmpfs /v/sub tmpfs' /proc/mounts"));
    }
  }

  private static void makeIfPossible(Guest guest, Spec spec) {
    try (GuestContainer container = GuestContainer.create(guest, spec)) {
      container.start();
    } catch (RpcException e) {
      // Where the link leads nothing can be mounted.
      assertFalse(e.getMessage().isEmpty());
    }
  }

  private static Spec inVolume(Guest.Root volume, Spec spec) {
    return Specs.withMounts(spec, Specs.bind(volume.inGuest(), "/v", "rbind", "rw"));
  }

  /** A working directory can be the way out that a descriptor of the agent's is. */
  @Test
  void aProcessWorksWhereItsContainerSees(Guest guest) throws Exception {
    try (GuestContainer container = GuestContainer.sleeping(guest)) {
      for (int descriptor = 0; descriptor < MOST_DESCRIPTORS; descriptor++) {
        container.output("rm -f /tmp/link; ln -s /proc/self/fd/" + descriptor + " /tmp/link");
        worksInside(container, "/tmp/link");
        worksInside(container, "/proc/self/fd/" + descriptor);
      }
      worksInside(container, "/proc/self/fd/../../1/root/../..");
    }
  }

  /** The guest's own root has the agent in it. */
  private static void worksInside(GuestContainer container, String directory) {
    try {
      ProcessResult result =
          container.run(Specs.process("sh", "-c", "ls -A . .. ../.. ../../..").withCwd(directory));
      assertFalse(result.output().lines().anyMatch("init"::equals), directory + result.output());
    } catch (RpcException e) {
      assertFalse(e.getMessage().isEmpty());
    }
  }
}

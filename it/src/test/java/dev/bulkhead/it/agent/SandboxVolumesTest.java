package dev.bulkhead.it.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.DestroySandboxRequest;
import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.ttrpc.RpcException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Volumes of a whole sandbox, as a pod's emptyDir without a share. */
final class SandboxVolumesTest {
  private static final String PLACE = "/run/kata-containers/sandbox/volumes/of-test";

  private static final Storage VOLUME =
      Storage.DEFAULT
          .withDriver("ephemeral")
          .withSource("tmpfs")
          .withFstype("tmpfs")
          .withOptions(List.of("mode=0777", "size=1m"))
          .withMountPoint(PLACE);

  /** Each container has it, also one that comes when the others are gone; a new sandbox has not. */
  @Test
  void theyOutliveTheirContainers() throws Exception {
    try (Guest guest = Guest.withSandbox()) {
      try (GuestContainer one = start(guest)) {
        one.output("echo kept > /shared/file");
        try (GuestContainer other = start(guest)) {
          assertEquals("kept\n", other.output("cat /shared/file; echo more >> /shared/file"));
        }
      }
      try (GuestContainer again = start(guest)) {
        assertEquals("kept\nmore\n", again.output("cat /shared/file"));
      }
      guest.connection().call(AgentService.DESTROY_SANDBOX, DestroySandboxRequest.DEFAULT);
      guest.connection().call(AgentService.CREATE_SANDBOX, Guest.sandboxRequest());
      try (GuestContainer afresh = start(guest)) {
        assertEquals("", afresh.output("ls -A /shared"));
        assertEquals("1\n", afresh.output("grep -c ' /shared ' /proc/mounts"));
      }
    }
  }

  private static GuestContainer start(Guest guest) throws RpcException {
    Spec spec =
        Specs.withMounts(
            Specs.of(guest.newRoot(), "sleep", "1000000"),
            Specs.bind(PLACE, "/shared", "rbind", "rw"));
    GuestContainer container = GuestContainer.create(guest, spec, VOLUME);
    container.start();
    return container;
  }
}

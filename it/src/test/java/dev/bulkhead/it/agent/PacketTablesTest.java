package dev.bulkhead.it.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.GetIPTablesRequest;
import dev.bulkhead.agentapi.SetIPTablesRequest;
import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import dev.bulkhead.it.LeavesNothing;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.RpcException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest whose initrd has programs of the names of iptables: what they are given and what becomes
 * of their answers. The IPv6 ones are missing, as all are in Bulkhead's own initrd.
 */
@ExtendWith(LeavesNothing.class)
final class PacketTablesTest {
  private static final String RULES = "*filter\n:INPUT DROP [0:0]\nCOMMIT\n";

  /** The kernel takes several archives one behind the other. */
  private static final String INITRD =
      """
      mkdir -p root/bin root/sbin && cp %s/bin/busybox root/bin/busybox
      printf '#!/bin/busybox sh\\nexec busybox cat /run/tables\\n' >root/sbin/iptables-save
      cat >root/sbin/iptables-restore <<'END'
      #!/bin/busybox sh
      [ "$*" = "--wait 10" ] || exit 3
      busybox cat >/run/tables
      busybox grep -q COMMIT /run/tables || { echo "line 1 failed" >&2; exit 2; }
      END
      chmod 755 root/sbin/*
      cp %s initrd
      cd root && find . | cpio --quiet -o -H newc >>../initrd
      """;

  @Test
  void readsAndWritesByTheGuestsPrograms(@TempDir Path scratch) throws Exception {
    String script = INITRD.formatted(Dist.busybox(), Dist.SHARE.resolve("initrd"));
    Command.of("sh", "-ec", "cd " + scratch + "\n" + script).run().succeeds();
    try (Guest guest = Guest.boot(List.of("-initrd", scratch.resolve("initrd").toString()))) {
      AgentConnection agent = guest.connection();
      SetIPTablesRequest set = SetIPTablesRequest.DEFAULT;
      agent.call(AgentService.SET_IP_TABLES, set.withData(bytes(RULES)));
      assertEquals(RULES, text(agent.call(AgentService.GET_IP_TABLES, get(false)).data()));
      RpcException bad =
          assertThrows(
              RpcException.class,
              () -> agent.call(AgentService.SET_IP_TABLES, set.withData(bytes("nonsense\n"))));
      assertEquals(
          "/sbin/iptables-restore failed with exit code 2: line 1 failed", bad.getMessage());
      RpcException missing =
          assertThrows(RpcException.class, () -> agent.call(AgentService.GET_IP_TABLES, get(true)));
      assertEquals(Code.FAILED_PRECONDITION, missing.code());
      assertTrue(missing.getMessage().startsWith("the guest has no program /sbin/ip6tables-save,"));
    }
  }

  private static GetIPTablesRequest get(boolean v6) {
    return GetIPTablesRequest.DEFAULT.withIsIpv6(v6);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}

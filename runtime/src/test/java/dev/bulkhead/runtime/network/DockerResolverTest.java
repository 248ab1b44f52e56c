package dev.bulkhead.runtime.network;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class DockerResolverTest {
  private static final String HEAD =
      "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";
  private static final String OTHER =
      "  312: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0\n";
  private static final String ITS =
      " 1207: 0B00007F:C2A3 00000000:0000 07 00000000:00000000 00:00000000 00000000     0\n";
  private static final String ITS_CLIENT =
      "  313: 0100007F:0035 0B00007F:0035 01 00000000:00000000 00:00000000 00000000     0\n";

  @Test
  void isKnownByItsSocket() {
    assertTrue(DockerResolver.isIn(HEAD + OTHER + ITS));
    assertTrue(DockerResolver.isIn(HEAD + ITS + OTHER));
    assertFalse(DockerResolver.isIn(HEAD));
    assertFalse(DockerResolver.isIn(HEAD + OTHER + ITS_CLIENT));
    assertFalse(DockerResolver.isIn(""));
  }
}

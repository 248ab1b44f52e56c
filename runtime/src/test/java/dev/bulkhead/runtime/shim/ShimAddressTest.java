package dev.bulkhead.runtime.shim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bulkhead.runtime.digest.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ShimAddressTest {
  @Test
  void isTheDigestOfContainerdsAddressNamespaceAndId() throws Exception {
    ShimAddress address =
        ShimAddress.of(
            ShimAddress.DEFAULT_DIRECTORY, "/run/containerd/containerd.sock", "default", "t1");
    String name = "/run/containerd/containerd.sock/default/t1";
    assertEquals(
        "unix:///run/containerd/s/" + jdkDigest(name.getBytes(StandardCharsets.UTF_8)),
        address.text());
    assertEquals(address, ShimAddress.parse(address.text() + "\n"));
    assertThrows(ShimException.class, () -> ShimAddress.parse("vsock://3:1"));
  }

  @Test
  void digestsAllLengthsAsTheJdkDoes() throws Exception {
    Random random = new Random(1);
    for (int length = 0; length < 200; length++) {
      byte[] message = new byte[length];
      random.nextBytes(message);
      assertEquals(jdkDigest(message), Sha256.hex(message), () -> "length " + message.length);
    }
  }

  private static String jdkDigest(byte[] message) throws NoSuchAlgorithmException {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(message));
  }
}

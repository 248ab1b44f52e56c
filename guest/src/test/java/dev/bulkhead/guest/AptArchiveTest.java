package dev.bulkhead.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

final class AptArchiveTest {
  @Test
  void findsTheKernelThatTheMetaPackageDependsOn() {
    String shown =
        """
        Package: linux-image-amd64
        Source: linux-signed-amd64 (6.12.107+1)
        Version: 6.12.107-1
        Architecture: amd64
        Provides: linux-latest-modules-6.12.107+deb13-amd64, wireguard-modules (= 1.0.0)
        Depends: linux-image-6.12.107+deb13-amd64 (= 6.12.107-1)
        Description: Linux for 64-bit PCs (meta-package)
        Built-Using: linux (= 6.12.107-1)
        """;
    assertEquals(
        Optional.of(new AptArchive.Candidate("linux-image-6.12.107+deb13-amd64", "6.12.107-1")),
        AptArchive.dependency(shown));
  }

  @Test
  void findsNoneInAnythingElse() {
    assertEquals(Optional.empty(), AptArchive.dependency("E: No packages found\n"));
    assertEquals(Optional.empty(), AptArchive.dependency("Depends: kmod, linux-base (>= 4.3~)\n"));
  }
}

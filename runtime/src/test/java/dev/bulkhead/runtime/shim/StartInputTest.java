package dev.bulkhead.runtime.shim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.protobuf.Any;
import dev.bulkhead.shimapi.BootstrapParams;
import dev.bulkhead.shimapi.Extension;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StartInputTest {
  private static final String OPTIONS = "runtimeoptions.v1.Options";

  // As containerd 1.6 writes it for --runtime-config-path /etc/x.toml: type, then config_path.
  private static final byte[] WRITTEN =
      HexFormat.of()
          .parseHex(
              "0a19"
                  + HexFormat.of().formatHex(OPTIONS.getBytes(StandardCharsets.UTF_8))
                  + "120d120b"
                  + HexFormat.of().formatHex("/etc/x.toml".getBytes(StandardCharsets.UTF_8)));

  @Test
  void isNothingOrOptions() throws ShimException {
    StartInput nothing = StartInput.decode(new byte[0], "t1", "default");
    assertTrue(nothing.options().isEmpty());
    assertEquals(Optional.empty(), RuntimeSettings.of(nothing.options()).path(), "the usual file");
    StartInput options = StartInput.decode(WRITTEN, "t1", "default");
    assertEquals(Optional.of("/etc/x.toml"), RuntimeSettings.of(options.options()).path());
    assertTrue(options.eventsAddress().isEmpty());
  }

  @Test
  void isParametersIfTheyNameTheContainer() throws Exception {
    byte[] parameters =
        BootstrapParams.DEFAULT
            .withInstanceId("t1")
            .withNamespace("default")
            .withContainerdTtrpcAddress("/c.sock.ttrpc")
            .withSocketDir("/run/other")
            .withExtensions(
                List.of(
                    new Extension(new Any("something.else", new byte[0])),
                    new Extension(Any.decode(WRITTEN))))
            .encode();
    StartInput input = StartInput.decode(parameters, "t1", "default");
    assertEquals(Optional.of("/c.sock.ttrpc"), input.eventsAddress());
    assertEquals(Optional.of("/run/other"), input.socketDirectory());
    assertEquals(Optional.of("/etc/x.toml"), RuntimeSettings.of(input.options()).path());
  }

  @Test
  void refusesAnotherRuntimesOptions() {
    Any runc = new Any("containerd.runc.v1.Options", new byte[0]);
    ShimException refusal =
        assertThrows(ShimException.class, () -> RuntimeSettings.of(Optional.of(runc)));
    assertTrue(refusal.getMessage().contains("'containerd.runc.v1.Options'"));
  }

  @Test
  void refusesNoise() {
    assertThrows(
        ShimException.class,
        () -> StartInput.decode(new byte[] {(byte) 0xff, 1, 2}, "t1", "default"));
  }
}

package dev.bulkhead.runtime.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.bulkhead.oci.Hook;
import dev.bulkhead.oci.LinuxCapabilities;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.User;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuestHooksTest {
  private static final Process PROGRAM =
      Process.DEFAULT
          .withTerminal(true)
          .withUser(User.DEFAULT.withUid(7))
          .withCwd("/home")
          .withEnv(List.of("PASSWORD=x"))
          .withArgs(List.of("server"))
          .withCapabilities(LinuxCapabilities.DEFAULT.withBounding(List.of("CAP_CHOWN")));

  @Test
  void aHookHasOfTheContainersProgramItsRightsOnly() {
    Hook hook =
        Hook.DEFAULT
            .withPath("/bin/hook")
            .withArgs(List.of("named", "argument"))
            .withEnv(List.of("A=b"));
    Process process = GuestHooks.process(hook, PROGRAM);
    assertEquals(List.of("/bin/hook", "argument"), process.args());
    assertEquals(List.of("A=b"), process.env());
    assertEquals("/", process.cwd());
    assertEquals(0, process.user().uid());
    assertFalse(process.terminal());
    assertEquals(List.of("CAP_CHOWN"), process.capabilities().bounding());
  }

  @Test
  void withoutArgumentsItsPathIsTheOnlyOne() {
    Process process = GuestHooks.process(Hook.DEFAULT.withPath("/bin/hook"), PROGRAM);
    assertEquals(List.of("/bin/hook"), process.args());
  }
}

package dev.bulkhead.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class OptionsTest {
  @Test
  void readsAll() throws Exception {
    Options options =
        Options.parse(
            List.of("--cache", "/c", "--agent", "/a", "--output", "/o", "--kernel-deb", "/k.deb"));
    assertEquals(Path.of("/a"), options.agent());
    assertEquals(Path.of("/o"), options.output());
    assertEquals(Path.of("/c"), options.cache());
    assertEquals(Optional.of(Path.of("/k.deb")), options.kernelDeb());
  }

  @Test
  void takesThePackageForOptionalAndPathsForRelativeToHere() throws Exception {
    Options options = Options.parse(List.of("--agent", "a", "--output", "o", "--cache", "c"));
    assertEquals(Optional.empty(), options.kernelDeb());
    assertEquals(Path.of("").toAbsolutePath().resolve("o"), options.output());
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    refuses("the option --cache is missing", "--agent", "a", "--output", "o");
    refuses("the option --cache wants a value", "--agent", "a", "--cache");
    refuses("the option --agent is given twice", "--agent", "a", "--agent", "b");
    refuses("'--verbose' is no option", "--verbose");
    refuses(
        "--kernel-deb and --kernel-config exclude each other",
        "--kernel-deb",
        "k.deb",
        "--kernel-source",
        "linux-source-6.1",
        "--kernel-config",
        "config");
    refuses("--kernel-source and --kernel-config go together", "--kernel-config", "config");
    refuses("--kernel-source and --kernel-config go together", "--kernel-source", "source");
  }

  @Test
  void takesAKernelToBuild() throws Exception {
    Options options =
        Options.parse(
            List.of(
                "--agent",
                "a",
                "--output",
                "o",
                "--cache",
                "c",
                "--kernel-source",
                "linux-source-6.1",
                "--kernel-config",
                "/config"));
    assertEquals(
        Optional.of(new Options.Built("linux-source-6.1", Path.of("/config"))), options.built());
  }

  private static void refuses(String start, String... arguments) {
    String message =
        assertThrows(GuestException.class, () -> Options.parse(List.of(arguments))).getMessage();
    assertTrue(message.startsWith(start + "; usage: guest --agent FILE"), message);
  }
}

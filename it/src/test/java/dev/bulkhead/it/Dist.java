package dev.bulkhead.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What `make build` made, and images to run in it. */
public final class Dist {
  public static final Path ROOT = Path.of(System.getProperty("bulkhead.dist"));
  public static final Path BINARY = ROOT.resolve("bin/bulkhead");
  public static final Path SHARE = ROOT.resolve("share/bulkhead");
  private static final Path SCRATCH = Path.of(System.getProperty("bulkhead.build"), "it");

  private Dist() {}

  /** A bulkhead command. */
  public static Command bulkhead(String... arguments) {
    List<String> words = new ArrayList<>();
    words.add(BINARY.toString());
    words.addAll(List.of(arguments));
    return Command.of(words);
  }

  /** {@code bulkhead run} of a command in the busybox image. */
  public static Command runBusybox(String... command) {
    List<String> words = new ArrayList<>(List.of("run", busybox().toString()));
    words.addAll(List.of(command));
    return bulkhead(words.toArray(String[]::new));
  }

  /** A root file system of Debian's busybox, made once. */
  public static synchronized Path busybox() {
    Path image = SCRATCH.resolve("busybox");
    if (!Files.exists(image.resolve("bin/busybox"))) {
      Path tools = SCRATCH.resolve("../../tools/busybox-image").normalize();
      Command.of(tools.toString(), image.toString()).run().succeeds();
    }
    return image;
  }

  /** A Debian 13 with its Docker, Podman and QEMU in a directory, made once. */
  public static synchronized Path debian13() {
    Path folder = scratch("debian-13");
    Path tools = SCRATCH.resolve("../../tools/debian-13").normalize();
    Command.of(tools.toString(), folder.toString()).timeoutSeconds(600).run().succeeds();
    return folder;
  }

  /** A directory of the tests' own that outlives them, for what is costly to make. */
  public static Path scratch(String name) {
    try {
      return Files.createDirectories(SCRATCH.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package dev.bulkhead.runtime.setup;

import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.Files;
import java.util.List;
import java.util.Optional;

/** The directory with the guest's kernel, its initrd and the shipped configuration. */
public final class SharedFiles {
  private static final String NAME = "share/bulkhead";
  private static final List<String> PREFIXES = List.of("/usr/local/", "/usr/");

  private SharedFiles() {}

  /** Looks beside the program's own directory, then under /usr/local/share and /usr/share. */
  public static Optional<String> find() {
    String program = Environment.executable();
    String bin = program.substring(0, program.lastIndexOf('/'));
    String beside = bin.substring(0, Math.max(0, bin.lastIndexOf('/'))) + "/" + NAME;
    if (Files.isDirectory(beside)) {
      return Optional.of(beside);
    }
    return PREFIXES.stream().map(prefix -> prefix + NAME).filter(Files::isDirectory).findFirst();
  }
}

package dev.bulkhead.guest;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Debian's kernel package, by apt, which verifies what it downloads against the archive's
 * signature.
 */
final class AptArchive {
  /** Always depends on the newest kernel of the generic flavour. */
  private static final String META_PACKAGE = "linux-image-amd64";

  private static final Pattern DEPENDS =
      Pattern.compile("(?m)^Depends: (linux-image-\\S+) \\(= (\\S+)\\)");

  private static final String WITHOUT = "or give the file of a kernel package with --kernel-deb";

  record Candidate(String name, String version) {
    @Override
    public String toString() {
      return name + " " + version;
    }
  }

  private final PrintStream out;

  AptArchive(PrintStream out) {
    this.out = out;
  }

  /**
   * Downloads the newest kernel that apt knows. Its lists are fetched first if there are none, and
   * if the package that they name is no longer there.
   *
   * @param directory an empty directory
   * @return the package's file, within it
   * @throws IOException when the directory cannot be read
   * @throws GuestException when there is no such package, or it cannot be downloaded
   */
  Path download(Path directory) throws IOException, GuestException {
    Optional<Candidate> known = candidate();
    if (known.isPresent() && download(known.get(), directory) == 0) {
      return file(directory);
    }
    update();
    Candidate candidate =
        candidate()
            .orElseThrow(
                () ->
                    new GuestException(
                        "apt knows no package "
                            + META_PACKAGE
                            + ": build on Debian for amd64, "
                            + WITHOUT));
    int status = download(candidate, directory);
    if (status != 0) {
      throw new GuestException(
          "cannot download "
              + candidate
              + " (apt-get ended with status "
              + status
              + "): see its message above and check the network, "
              + WITHOUT);
    }
    return file(directory);
  }

  private static Optional<Candidate> candidate() throws GuestException {
    ChildProgram.Result shown =
        ChildProgram.run(List.of("apt-cache", "show", "--no-all-versions", META_PACKAGE));
    return shown.succeeded() ? dependency(shown.output()) : Optional.empty();
  }

  /** The package and the version that apt-cache's description of the meta-package depends on. */
  static Optional<Candidate> dependency(String description) {
    Matcher depends = DEPENDS.matcher(description);
    return depends.find()
        ? Optional.of(new Candidate(depends.group(1), depends.group(2)))
        : Optional.empty();
  }

  private int download(Candidate candidate, Path directory) throws GuestException {
    out.println("downloading " + candidate);
    // apt would rather download as its own user, who cannot write here; it says so on each run and
    // then does as this option tells it to.
    return ChildProgram.show(
        List.of(
            "apt-get",
            "-o",
            "APT::Sandbox::User=root",
            "download",
            candidate.name + "=" + candidate.version),
        directory);
  }

  private void update() throws GuestException {
    out.println("fetching apt's lists of packages");
    int status = ChildProgram.show(List.of("apt-get", "update"), Path.of("/"));
    if (status != 0) {
      throw new GuestException(
          "cannot fetch apt's lists of packages (apt-get ended with status "
              + status
              + "): see its message above, check the network and run as root, "
              + WITHOUT);
    }
  }

  private static Path file(Path directory) throws IOException, GuestException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().endsWith(".deb"))
          .findFirst()
          .orElseThrow(() -> new GuestException("apt-get left no package in " + directory));
    }
  }
}

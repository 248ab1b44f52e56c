package dev.bulkhead.guest;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An installed package of Debian's that holds a kernel's source.
 *
 * @param name the package's name
 * @param version its version
 * @param archive the source, an archive with one directory named after the package
 */
record KernelSource(String name, String version, Path archive) {
  private static final String PATTERN = "linux-source-[0-9]{1,3}\\.[0-9]{1,4}";
  // About so many are compiled; it only scales the line that shows how far it is.
  private static final int FILES = 2700;

  /**
   * A source that is installed.
   *
   * @param name the package's
   * @throws GuestException when it is not
   */
  static KernelSource find(String name) throws GuestException {
    if (!name.matches(PATTERN)) {
      throw new GuestException(
          "'" + name + "' is no source of a kernel; name a package like linux-source-6.1");
    }
    ChildProgram.Result listed =
        ChildProgram.run(List.of("dpkg-query", "--show", "--showformat=${Version}", name));
    if (!listed.succeeded() || !Files.isRegularFile(archive(name))) {
      throw new GuestException(
          "the source of a kernel is not installed; install Debian's package " + name);
    }
    return new KernelSource(name, listed.output().strip(), archive(name));
  }

  private static Path archive(String name) {
    return Path.of("/usr/src", name + ".tar.xz");
  }

  /** The kernel's version without that of its corrections, as in "6.1". */
  String kernelVersion() {
    return name.substring(name.lastIndexOf('-') + 1);
  }

  /**
   * Builds a kernel.
   *
   * @param directory an empty directory for the source and what is made of it, some 2 GB
   * @return its ELF file, within the directory
   * @throws IOException when the directory cannot be used
   * @throws GuestException when it cannot be built with this configuration
   */
  Path build(KernelConfiguration configuration, Path directory) throws IOException, GuestException {
    succeed(
        ChildProgram.run(
            List.of(
                "tar",
                "--extract",
                "--file=" + archive,
                "--directory=" + directory,
                "--strip-components=1")),
        "unpacked");
    Path wanted = directory.resolve("wanted.config");
    Files.writeString(wanted, configuration.text());
    succeed(
        ChildProgram.run(make(directory, "KCONFIG_ALLCONFIG=" + wanted, "allnoconfig")),
        "configured");
    List<String> lost = configuration.lostIn(KeyValueFile.read(directory.resolve(".config")));
    if (!lost.isEmpty()) {
      throw new GuestException(
          this
              + " does not take "
              + String.join(" ", lost)
              + " of its configuration: remove them, or add what they depend on");
    }
    compile(directory);
    return directory.resolve("vmlinux");
  }

  private void compile(Path directory) throws IOException, GuestException {
    String jobs = "-j" + Runtime.getRuntime().availableProcessors();
    try (ProgressLine progress = ProgressLine.start("compiling " + name, FILES)) {
      int status =
          ChildProgram.pipe(
              make(directory, jobs, "vmlinux"),
              output -> {
                BufferedReader lines =
                    new BufferedReader(new InputStreamReader(output, StandardCharsets.UTF_8));
                while (lines.readLine() != null) {
                  progress.advance(1);
                }
              });
      if (status != 0) {
        throw new GuestException(
            this
                + " cannot be compiled (make ended with status "
                + status
                + "): see its message above");
      }
    }
  }

  private static List<String> make(Path directory, String... words) {
    List<String> command = new ArrayList<>(List.of("make", "-C", directory.toString()));
    command.addAll(List.of(words));
    return command;
  }

  private void succeed(ChildProgram.Result result, String done) throws GuestException {
    if (!result.succeeded()) {
      throw new GuestException(this + " cannot be " + done + " (" + result.lastLine() + ")");
    }
  }

  @Override
  public String toString() {
    return name + " " + version;
  }
}

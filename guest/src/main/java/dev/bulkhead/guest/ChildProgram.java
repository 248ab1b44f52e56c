package dev.bulkhead.guest;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The programs of Debian that are called, each until its end. */
final class ChildProgram {
  /** Takes what a program writes on its standard output. */
  @FunctionalInterface
  interface Reader {
    void read(InputStream output) throws IOException, GuestException;
  }

  /**
   * How a program ended.
   *
   * @param status its exit status
   * @param output what it wrote on standard output and standard error
   */
  record Result(int status, String output) {
    boolean succeeded() {
      return status == 0;
    }

    /** Its last line, for an error that quotes it. */
    String lastLine() {
      return output.lines().filter(line -> !line.isBlank()).reduce("", (first, last) -> last);
    }
  }

  private static final Map<String, String> PACKAGES =
      Map.of(
          "apt-cache", "apt",
          "apt-get", "apt",
          "dpkg-deb", "dpkg",
          "dpkg-query", "dpkg",
          "objcopy", "binutils");

  private ChildProgram() {}

  /**
   * Runs a program and keeps what it writes.
   *
   * @throws GuestException when it cannot be started, or its output not be read
   */
  static Result run(List<String> command) throws GuestException {
    ProcessBuilder builder = builder(command).redirectErrorStream(true);
    Process process = start(builder);
    try (InputStream output = process.getInputStream()) {
      String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
      return new Result(await(process), text);
    } catch (IOException e) {
      throw new GuestException("cannot read what " + command.getFirst() + " says", e);
    } finally {
      process.destroy();
    }
  }

  /**
   * Runs a program that shows the user what it does.
   *
   * @return its exit status
   * @throws GuestException when it cannot be started
   */
  static int show(List<String> command, Path directory) throws GuestException {
    Process process = start(builder(command).directory(directory.toFile()).inheritIO());
    try {
      return await(process);
    } finally {
      process.destroy();
    }
  }

  /**
   * Runs a program whose output is too much to be kept; its errors go to the user.
   *
   * @return its exit status
   * @throws IOException when {@code reader} throws it
   * @throws GuestException when the program cannot be started, or when {@code reader} throws it
   */
  static int pipe(List<String> command, Reader reader) throws IOException, GuestException {
    ProcessBuilder builder = builder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process = start(builder);
    try (InputStream output = process.getInputStream()) {
      reader.read(output);
      output.transferTo(OutputStream.nullOutputStream());
      return await(process);
    } finally {
      process.destroy();
    }
  }

  private static ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    // What apt says is read; it has to be in English.
    builder.environment().put("LC_ALL", "C");
    return builder;
  }

  private static Process start(ProcessBuilder builder) throws GuestException {
    try {
      return builder.start();
    } catch (IOException e) {
      String program = builder.command().getFirst();
      throw new GuestException(
          "cannot run "
              + program
              + ": install Debian's package "
              + PACKAGES.getOrDefault(program, program),
          e);
    }
  }

  private static int await(Process process) throws GuestException {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new GuestException("interrupted; run it again", e);
    }
  }
}

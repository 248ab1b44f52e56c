package dev.bulkhead.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program to run to its end, with its input, its environment and a time limit. */
public final class Command {
  private static final long TIMEOUT_SECONDS = 120;

  private final List<String> words;
  private final Map<String, String> environment = new LinkedHashMap<>();
  private byte[] input = {};
  private Path directory = Path.of("/");
  private long timeoutSeconds = TIMEOUT_SECONDS;

  private Command(List<String> words) {
    this.words = words;
  }

  public static Command of(String... words) {
    return new Command(new ArrayList<>(List.of(words)));
  }

  public static Command of(List<String> words) {
    return new Command(new ArrayList<>(words));
  }

  /** The program and its arguments. */
  public List<String> words() {
    return List.copyOf(words);
  }

  public Command input(String text) {
    return input(text.getBytes(StandardCharsets.UTF_8));
  }

  public Command input(byte[] bytes) {
    input = bytes;
    return this;
  }

  public Command environment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  public Command directory(Path path) {
    directory = path;
    return this;
  }

  public Command timeoutSeconds(long seconds) {
    timeoutSeconds = seconds;
    return this;
  }

  /** What a program left: its exit code and what it wrote. */
  public record Result(List<String> words, int code, byte[] outputBytes, String errors) {
    public String output() {
      return new String(outputBytes, StandardCharsets.UTF_8);
    }

    /** Fails the test unless the exit code is this one. */
    public Result expect(int expected) {
      assertEquals(expected, code, () -> String.join(" ", words) + "\n" + output() + errors);
      return this;
    }

    public Result succeeds() {
      return expect(0);
    }
  }

  /** Starts the program with pipes for its streams. */
  public Process start() {
    ProcessBuilder builder = new ProcessBuilder(words).directory(directory.toFile());
    builder.environment().putAll(environment);
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Ends a program that was started, and waits until it is gone. What it said can be read
   * afterwards: only {@link Process#destroy} closes its streams.
   */
  public static void end(Process process) {
    process.toHandle().destroy();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Runs the program to its end. */
  public Result run() {
    Process process = start();
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    Thread outputReader = copy(process.getInputStream(), output);
    Thread errorReader = copy(process.getErrorStream(), errors);
    Thread writer = feed(process.getOutputStream());
    try {
      if (!process.waitFor(timeoutSeconds, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
        fail("not done after " + timeoutSeconds + " s: " + words + "\n" + output + errors);
      }
      outputReader.join();
      errorReader.join();
      writer.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return new Result(
        List.copyOf(words),
        process.exitValue(),
        output.toByteArray(),
        errors.toString(StandardCharsets.UTF_8));
  }

  private Thread feed(OutputStream stream) {
    return Thread.startVirtualThread(
        () -> {
          try (stream) {
            stream.write(input);
          } catch (IOException e) {
            // A program need not read its input to the end.
          }
        });
  }

  private static Thread copy(InputStream from, OutputStream to) {
    return Thread.startVirtualThread(
        () -> {
          try (from) {
            from.transferTo(to);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }
}

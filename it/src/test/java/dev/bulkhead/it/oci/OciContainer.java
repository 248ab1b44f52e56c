package dev.bulkhead.it.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A container by the OCI command line: a bundle with busybox as its read-only root, a directory for
 * {@code --root}, a log, and files for its streams. Closing it deletes the container.
 */
final class OciContainer implements AutoCloseable {
  private static final long DEADLINE_SECONDS = 60;
  private static final long POLL_MILLIS = 20;

  private final Path directory;
  private final String id;
  private final JsonObject config;

  private OciContainer(Path directory, String id, JsonObject config) {
    this.directory = directory;
    this.id = id;
    this.config = config;
  }

  /** A container that runs a script of the shell; nothing is created yet. */
  static OciContainer of(Path scratch, String id, String script) {
    try {
      Path directory = Files.createDirectories(scratch.resolve(id));
      Dist.bulkhead("spec", "--bundle", directory.toString()).run().succeeds();
      JsonObject config =
          JsonParser.object().from(Files.readString(directory.resolve("config.json")));
      config.getObject("root").put("path", Dist.busybox().toString());
      config.getObject("root").put("readonly", true);
      config.getObject("process").put("args", JsonArray.from("sh", "-c", script));
      JsonArray namespaces = new JsonArray();
      for (String kind : List.of("pid", "mount", "uts", "ipc", "network")) {
        namespaces.add(new JsonObject(Map.of("type", kind)));
      }
      config.getObject("linux").put("namespaces", namespaces);
      return new OciContainer(directory, id, config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (JsonParserException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The configuration, which {@link #create} writes. */
  JsonObject config() {
    return config;
  }

  Path directory() {
    return directory;
  }

  Path root() {
    return directory.resolve("root");
  }

  /** A command of the runtime with this container's root and log. */
  Command bulkhead(String... arguments) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "--root", root().toString(), "--log", log().toString(), "--log-format", "json"));
    words.addAll(List.of(arguments));
    return Dist.bulkhead(words.toArray(String[]::new)).directory(directory);
  }

  private Path log() {
    return directory.resolve("log");
  }

  /** Creates it with files for its streams; what the runtime itself says is in {@link #errors}. */
  Command create(String... options) {
    try {
      Files.writeString(directory.resolve("config.json"), JsonWriter.string(config));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<String> words = new ArrayList<>(List.of("create", "--pid-file", "pid"));
    words.addAll(List.of(options));
    words.add(id);
    return detached(bulkhead(words.toArray(String[]::new)));
  }

  /** A command whose streams are files, because what it leaves behind inherits them. */
  Command detached(Command command) {
    List<String> words =
        new ArrayList<>(List.of("sh", "-c", "exec \"$@\" </dev/null >>out 2>>err", "sh"));
    words.addAll(command.words());
    return Command.of(words).directory(directory);
  }

  /** What container and runtime wrote to standard output. */
  String output() {
    return read("out");
  }

  /** What container and runtime wrote to standard error, without the notice about KVM. */
  String errors() {
    return String.join("\n", read("err").lines().filter(line -> !line.contains("KVM is")).toList());
  }

  private String read(String file) {
    try {
      return Files.readString(directory.resolve(file));
    } catch (IOException e) {
      return "";
    }
  }

  /** The last error in the log, as an engine shows it. */
  String lastError() {
    String last = "";
    for (String line : read("log").lines().toList()) {
      JsonObject entry = json(line);
      if ("error".equals(entry.getString("level"))) {
        last = entry.getString("msg");
      }
    }
    return last;
  }

  long pid() {
    return Long.parseLong(read("pid"));
  }

  JsonObject state() {
    return json(bulkhead("state", id).run().succeeds().output());
  }

  String status() {
    return state().getString("status");
  }

  void start() {
    bulkhead("start", id).run().succeeds();
  }

  /** Runs a command in it, which has to succeed, and answers its output. */
  String exec(String script) {
    return bulkhead("exec", id, "sh", "-c", script).run().succeeds().output();
  }

  void awaitStatus(String expected) {
    await("status " + expected, () -> status().equals(expected));
  }

  /** Waits for something to become true. */
  void await(String what, BooleanSupplier ready) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (!ready.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        fail("no " + what + "\n" + output() + errors());
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Runs a command that has to fail with one sentence, the same for the user and in the log. */
  String refused(String... arguments) {
    Command.Result result = bulkhead(arguments).run();
    assertEquals(125, result.code(), result.output());
    List<String> lines = result.errors().lines().filter(line -> !line.contains("KVM is")).toList();
    assertEquals(1, lines.size(), result.errors());
    String sentence = lines.getFirst().substring("bulkhead: ".length());
    assertEquals(sentence, lastError());
    return sentence;
  }

  static JsonObject json(String text) {
    try {
      return JsonParser.object().from(text);
    } catch (JsonParserException e) {
      throw new IllegalStateException(text, e);
    }
  }

  @Override
  public void close() {
    bulkhead("delete", "--force", id).run().succeeds();
  }
}

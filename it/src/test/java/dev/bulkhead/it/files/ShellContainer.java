package dev.bulkhead.it.files;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A running container whose shell executes one line after another, with busybox as its read-only
 * root and mounts of the test's. Closing it lets it end by itself.
 */
final class ShellContainer implements AutoCloseable {
  private static final String SHELL =
      "while read -r line; do eval \"$line\" 2>&1; printf '\\n= %s\\n' $?; done";
  private static final String DONE = "= ";
  private static final long LIFE_SECONDS = 300;
  private static final int OPEN_FILES = 4096;

  private final Path directory;
  private final List<String> runtime;
  private final String id;
  private final Process process;
  private final Writer input;
  private final BufferedReader output;

  private ShellContainer(Path directory, List<String> runtime, String id, Process process) {
    this.directory = directory;
    this.runtime = runtime;
    this.id = id;
    this.process = process;
    this.input = process.outputWriter();
    this.output = process.inputReader();
  }

  /** Something that is mounted in the container. */
  record Mounted(String source, String target, String type, List<String> options) {
    /** A file or directory of the host. */
    static Mounted bind(Path source, String target, String... options) {
      List<String> all = new ArrayList<>(List.of("rbind", "rprivate"));
      all.addAll(List.of(options));
      return new Mounted(source.toString(), target, "bind", all);
    }
  }

  /** How much of its machine a container may take over. */
  enum Rights {
    /** Those of Docker's defaults, about. */
    USUAL,
    /** It sees the machine's processes, and through them the machine's own files. */
    MACHINE;

    private List<String> capabilities() {
      return switch (this) {
        case USUAL ->
            List.of(
                "CAP_CHOWN",
                "CAP_DAC_OVERRIDE",
                "CAP_FOWNER",
                "CAP_FSETID",
                "CAP_KILL",
                "CAP_MKNOD",
                "CAP_SETFCAP",
                "CAP_SETGID",
                "CAP_SETUID");
        case MACHINE ->
            List.of(
                "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_MKNOD", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE");
      };
    }
  }

  /**
   * Starts one with the usual rights.
   *
   * @param scratch where its bundle and the runtime's state lie
   */
  static ShellContainer start(Sharing sharing, Path scratch, Mounted... mounts) {
    return start(sharing, scratch, Rights.USUAL, mounts);
  }

  /** Starts one. */
  static ShellContainer start(Sharing sharing, Path scratch, Rights rights, Mounted... mounts) {
    try {
      Path directory = Files.createDirectories(scratch.resolve("container-" + sharing));
      Files.writeString(directory.resolve("config.json"), config(rights, mounts));
      List<String> runtime = new ArrayList<>(sharing.runtime(directory));
      runtime.addAll(List.of("--log", directory.resolve("log").toString()));
      String id = "shell-" + sharing;
      List<String> words = new ArrayList<>(runtime);
      words.addAll(List.of("run", "--bundle", directory.toString(), id));
      Process process =
          new ProcessBuilder(words).redirectError(directory.resolve("errors").toFile()).start();
      ShellContainer container = new ShellContainer(directory, runtime, id, process);
      Thread.startVirtualThread(container::limitLife);
      return container;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String config(Rights rights, Mounted... mounts) {
    JsonArray all = new JsonArray();
    all.add(mount(new Mounted("proc", "/proc", "proc", List.of())));
    all.add(mount(new Mounted("tmpfs", "/dev", "tmpfs", List.of())));
    for (Mounted mount : mounts) {
      all.add(mount(mount));
    }
    JsonObject capabilities = new JsonObject();
    for (String set : List.of("bounding", "effective", "permitted")) {
      capabilities.put(set, JsonArray.from(rights.capabilities().toArray()));
    }
    JsonObject limit =
        new JsonObject(Map.of("type", "RLIMIT_NOFILE", "soft", OPEN_FILES, "hard", OPEN_FILES));
    JsonArray namespaces = new JsonArray();
    for (String kind : List.of("mount", "uts", "ipc", "network")) {
      namespaces.add(new JsonObject(Map.of("type", kind)));
    }
    if (rights == Rights.USUAL) {
      namespaces.add(new JsonObject(Map.of("type", "pid")));
    }
    JsonObject process = new JsonObject();
    process.put("cwd", "/");
    process.put("args", JsonArray.from("sh", "-c", SHELL));
    process.put("env", JsonArray.from("PATH=/bin"));
    process.put("user", new JsonObject(Map.of("uid", 0, "gid", 0)));
    process.put("capabilities", capabilities);
    process.put("rlimits", JsonArray.from(limit));
    JsonObject config = new JsonObject();
    config.put("ociVersion", "1.0.2");
    config.put("process", process);
    config.put("root", new JsonObject(Map.of("path", Dist.busybox().toString(), "readonly", true)));
    config.put("mounts", all);
    config.put("linux", new JsonObject(Map.of("namespaces", namespaces)));
    return JsonWriter.string(config);
  }

  private static JsonObject mount(Mounted mount) {
    JsonObject json = new JsonObject();
    json.put("source", mount.source());
    json.put("destination", mount.target());
    json.put("type", mount.type());
    json.put("options", JsonArray.from(mount.options().toArray()));
    return json;
  }

  /** Executes a line that has to succeed, and answers what it wrote. */
  String run(String line) {
    Answer answer = attempt(line);
    assertEquals(0, answer.code(), () -> line + "\n" + answer.output() + errors());
    return answer.output();
  }

  /** What a line wrote and its exit code. */
  record Answer(int code, String output) {}

  /** Executes a line, whatever comes of it. */
  Answer attempt(String line) {
    try {
      input.write(line + "\n");
      input.flush();
      List<String> said = new ArrayList<>();
      for (String next = output.readLine(); next != null; next = output.readLine()) {
        if (next.startsWith(DONE)) {
          int code = Integer.parseInt(next.substring(DONE.length()));
          return new Answer(code, String.join("\n", said));
        }
        said.add(next);
      }
      throw new AssertionError("the container ended at: " + line + "\n" + said + errors());
    } catch (IOException e) {
      throw new UncheckedIOException(errors(), e);
    }
  }

  /** What the runtime wrote to its standard error and its log. */
  String errors() {
    try {
      return Files.readString(directory.resolve("errors"))
          + Files.readString(directory.resolve("log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The runtime's process. */
  Process process() {
    return process;
  }

  /** A command of a runtime that is its global options' first word. */
  static Command command(List<String> runtime, String... words) {
    List<String> all = new ArrayList<>(runtime);
    all.addAll(List.of(words));
    return Command.of(all);
  }

  /** A container that hangs fails its test, as it ends while it is asked for something. */
  private void limitLife() {
    try {
      if (!process.waitFor(LIFE_SECONDS, TimeUnit.SECONDS)) {
        command(runtime, "delete", "--force", id).run();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    try {
      input.close();
    } catch (IOException e) {
      // It has ended before its input did.
    }
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}

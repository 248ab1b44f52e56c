package dev.bulkhead.runtime.oci;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.linux.ChildProcess;
import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Pipe;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.monitor.MonitorRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code ps}: the processes of a container, by those that stand for them on the host. Processes
 * that these started inside the virtual machine have none on the host.
 */
public final class Ps {
  private static final int OUTPUT_LIMIT = 16 << 20;
  private static final List<String> DEFAULT_ARGUMENTS = List.of("-ef");

  private final OciRuntime runtime;

  public Ps(OciRuntime runtime) {
    this.runtime = runtime;
  }

  /** Their ids as a JSON array. */
  public String json(String id) {
    return JsonWriter.string(pids(id)) + "\n";
  }

  /**
   * What the host's ps tells of them.
   *
   * @param arguments for ps; its output has to have a column PID
   */
  public String table(String id, List<String> arguments) {
    JsonArray pids = pids(id);
    String program =
        Environment.findProgram("ps")
            .orElseThrow(
                () ->
                    new ContainerException(
                        "ps was not found; install the package procps, or use --format json"));
    return filter(output(program, arguments.isEmpty() ? DEFAULT_ARGUMENTS : arguments), pids);
  }

  private JsonArray pids(String id) {
    return runtime.ask(id, new MonitorRequest.ListProcesses()).getArray("pids", new JsonArray());
  }

  private static String output(String program, List<String> arguments) {
    try (Pipe pipe = Pipe.open("output of ps")) {
      List<Fd> descriptors = new ArrayList<>();
      descriptors.add(null);
      descriptors.add(pipe.writer());
      descriptors.add(Fd.STDERR);
      try (ChildProcess ps =
          ChildProcess.start(
              ChildProcess.Command.of(program, arguments).withDescriptors(descriptors))) {
        pipe.writer().close();
        String output = new String(pipe.reader().readAll(OUTPUT_LIMIT), StandardCharsets.UTF_8);
        if (ps.await().code() != 0) {
          throw new ContainerException("ps refused its arguments " + arguments);
        }
        return output;
      }
    }
  }

  /** The heading and the lines of these processes. */
  static String filter(String table, JsonArray pids) {
    StringBuilder kept = new StringBuilder();
    int column = -1;
    int start = 0;
    while (start < table.length()) {
      int end = table.indexOf('\n', start);
      String line = table.substring(start, end < 0 ? table.length() : end);
      List<String> words = words(line);
      if (column < 0) {
        column = words.indexOf("PID");
        if (column < 0) {
          throw new ContainerException(
              "the output of ps has no column PID, by which processes are told apart");
        }
        kept.append(line).append('\n');
      } else if (words.size() > column && contains(pids, words.get(column))) {
        kept.append(line).append('\n');
      }
      start = end < 0 ? table.length() : end + 1;
    }
    return kept.toString();
  }

  private static boolean contains(JsonArray pids, String pid) {
    for (Object one : pids) {
      if (one.toString().equals(pid)) {
        return true;
      }
    }
    return false;
  }

  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= line.length(); i++) {
      if (i == line.length() || line.charAt(i) == ' ') {
        if (i > start) {
          words.add(line.substring(start, i));
        }
        start = i + 1;
      }
    }
    return words;
  }
}

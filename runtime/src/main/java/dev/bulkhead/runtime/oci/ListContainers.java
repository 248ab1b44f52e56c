package dev.bulkhead.runtime.oci;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.runtime.container.ContainerState;
import dev.bulkhead.runtime.container.ContainerStatus;
import java.util.ArrayList;
import java.util.List;

/** {@code list}: all containers below the root. */
public final class ListContainers {
  private static final List<String> COLUMNS =
      List.of("ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER");
  private static final int GAP = 3;

  private final OciRuntime runtime;

  /** How the list is written. */
  public enum Format {
    TABLE,
    JSON,
    /** Ids only. */
    QUIET
  }

  public ListContainers(OciRuntime runtime) {
    this.runtime = runtime;
  }

  /** The list. */
  public String run(Format format) {
    List<ContainerState> states = runtime.root().list();
    return switch (format) {
      case QUIET -> ids(states);
      case JSON -> {
        JsonArray array = new JsonArray();
        states.forEach(state -> array.add(StateCommand.json(state)));
        yield JsonWriter.string(array) + "\n";
      }
      case TABLE -> table(states);
    };
  }

  private static String ids(List<ContainerState> states) {
    StringBuilder text = new StringBuilder();
    states.forEach(state -> text.append(state.id()).append('\n'));
    return text.toString();
  }

  private static String table(List<ContainerState> states) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(COLUMNS);
    for (ContainerState state : states) {
      ContainerStatus status = state.status();
      int pid = status == ContainerStatus.STOPPED ? 0 : state.process().pid();
      rows.add(
          List.of(
              state.id(),
              Integer.toString(pid),
              status.word(),
              state.bundle(),
              state.created(),
              StateCommand.owner(state)));
    }
    return Table.of(rows, GAP);
  }
}

package dev.bulkhead.runtime.pool;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.runtime.config.Configuration;
import dev.bulkhead.sandbox.pool.PoolDirectory;
import java.util.Optional;
import java.util.function.Consumer;

/** What the command {@code pool} does. */
public final class PoolActions {
  private final Configuration configuration;
  private final Optional<String> share;
  private final String root;

  /**
   * Works by this configuration.
   *
   * @param share the directory of files that were installed with the program
   * @param root the directory of the state that does not outlive a boot
   */
  public PoolActions(Configuration configuration, Optional<String> share, String root) {
    this.configuration = configuration;
    this.share = share;
    this.root = root;
  }

  /**
   * Keeps machines ready until a signal comes.
   *
   * @param example a container whose limits tell the machines' size
   * @param tell told what happens, a line each
   * @param warn told what is not as good as it could be, each once
   */
  public void keep(
      int size, PoolUse use, Spec example, Consumer<String> tell, Consumer<String> warn) {
    KeeperPlan plan = new KeeperPlan(configuration, share, root, example, use);
    try (PoolService service = new PoolService(plan, size, tell, warn)) {
      service.run();
    }
  }

  /** How many machines are ready, a line for each kind. */
  public String status() {
    StringBuilder text = new StringBuilder();
    for (PoolDirectory.Kind kind : directory().list()) {
      text.append(kind.name()).append("  ").append(kind.sockets().size()).append(" ready\n");
    }
    return text.isEmpty() ? "no machines are kept ready\n" : text.toString();
  }

  /** The same as a JSON array, with what the machines are made of. */
  public String json() {
    JsonArray array = new JsonArray();
    for (PoolDirectory.Kind kind : directory().list()) {
      JsonObject object = new JsonObject();
      object.put("name", kind.name());
      object.put("ready", kind.sockets().size());
      object.put("machine", kind.description());
      array.add(object);
    }
    return JsonWriter.string(array) + "\n";
  }

  private PoolDirectory directory() {
    return new PoolDirectory(configuration.factory().poolPath());
  }
}

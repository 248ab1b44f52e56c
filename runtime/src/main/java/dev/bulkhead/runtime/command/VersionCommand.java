package dev.bulkhead.runtime.command;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.agentapi.Build;
import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import java.util.List;

/** {@code version}: which build this is. */
final class VersionCommand {
  static final Option<Boolean> JSON = Option.flag("json", "Print a JSON object");

  static final Command DEFINITION =
      Command.of(
          "version",
          Commands.ABOUT_SECTION,
          "Print version, commit and OCI specification version",
          Usage.of(List.of(JSON), List.of()));

  private VersionCommand() {}

  /** In the lines that engines know from other OCI runtimes. */
  static String text(String program) {
    return program
        + " version "
        + Build.VERSION
        + "\ncommit: "
        + Build.COMMIT
        + "\nspec: "
        + Build.OCI_VERSION
        + "\n";
  }

  static String json(String program) {
    JsonObject object = new JsonObject();
    object.put("name", program);
    object.put("version", Build.VERSION);
    object.put("commit", Build.COMMIT);
    object.put("ociVersion", Build.OCI_VERSION);
    return JsonWriter.string(object) + "\n";
  }
}

package dev.bulkhead.runtime.command;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
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
        + BuildInfo.VERSION
        + "\ncommit: "
        + BuildInfo.COMMIT
        + "\nspec: "
        + BuildInfo.OCI_VERSION
        + "\n";
  }

  static String json(String program) {
    JsonObject object = new JsonObject();
    object.put("name", program);
    object.put("version", BuildInfo.VERSION);
    object.put("commit", BuildInfo.COMMIT);
    object.put("ociVersion", BuildInfo.OCI_VERSION);
    return JsonWriter.string(object) + "\n";
  }
}

package dev.bulkhead.runtime.run;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import dev.bulkhead.oci.LinuxSeccomp;
import dev.bulkhead.oci.json.InvalidJsonException;
import dev.bulkhead.runtime.cli.UsageException;

/** A system call profile in the form of the OCI runtime specification's {@code linux.seccomp}. */
final class SeccompProfileFile {
  private SeccompProfileFile() {}

  static LinuxSeccomp parse(String name, String text) throws UsageException {
    try {
      JsonObject profile = JsonParser.object().from(text);
      return LinuxSeccomp.fromJson(profile, "");
    } catch (JsonParserException | InvalidJsonException e) {
      throw new UsageException(
          "the seccomp profile '" + name + "' cannot be used: " + e.getMessage());
    }
  }
}

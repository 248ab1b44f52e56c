package dev.bulkhead.oci.json;

import com.grack.nanojson.JsonObject;

/** A message that has a JSON form. */
public interface JsonMessage {
  /**
   * The message as a JSON object of the caller's own. Absent fields are left out, and so are fields
   * with their default value unless the specification demands them.
   */
  JsonObject toJson();
}

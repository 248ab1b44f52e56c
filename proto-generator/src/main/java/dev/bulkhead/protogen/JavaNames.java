package dev.bulkhead.protogen;

import com.squareup.wire.schema.Location;
import java.util.Set;
import javax.lang.model.SourceVersion;

/** The Java names of what a {@code .proto} file names. */
final class JavaNames {
  /** Names that a record component must not have, or that every message uses itself. */
  private static final Set<String> TAKEN =
      Set.of(
          "clone",
          "finalize",
          "getClass",
          "hashCode",
          "notify",
          "notifyAll",
          "toString",
          "wait",
          "encode",
          "decode",
          "fromJson",
          "toJson",
          "in",
          "out",
          "tag",
          "packed",
          "mark",
          "entries",
          "end",
          "i",
          "other",
          "that");

  private JavaNames() {}

  /** {@code container_id} becomes {@code containerId}; {@code containerId} stays. */
  static String field(String protoName, Location location) {
    StringBuilder name = new StringBuilder();
    boolean upper = false;
    for (int i = 0; i < protoName.length(); i++) {
      char c = protoName.charAt(i);
      if (c == '_') {
        upper = true;
      } else {
        name.append(upper ? Character.toUpperCase(c) : c);
        upper = false;
      }
    }
    String javaName = name.toString();
    if (TAKEN.contains(javaName) || SourceVersion.isKeyword(javaName)) {
      throw new SchemaException(
          location,
          "The field name "
              + protoName
              + " is taken in Java. Choose another; on the wire only the number counts.");
    }
    return javaName;
  }

  /** {@code containerId} becomes {@code ContainerId}. */
  static String capitalized(String javaName) {
    return Character.toUpperCase(javaName.charAt(0)) + javaName.substring(1);
  }

  /** {@code GetOOMEvent} becomes {@code GET_OOM_EVENT}. */
  static String constant(String camelCase) {
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < camelCase.length(); i++) {
      char c = camelCase.charAt(i);
      boolean afterLower = i > 0 && !Character.isUpperCase(camelCase.charAt(i - 1));
      boolean beforeLower =
          i + 1 < camelCase.length() && Character.isLowerCase(camelCase.charAt(i + 1));
      if (i > 0 && Character.isUpperCase(c) && (afterLower || beforeLower)) {
        name.append('_');
      }
      name.append(Character.toUpperCase(c));
    }
    return name.toString();
  }
}

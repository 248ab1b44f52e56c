package dev.bulkhead.protogen;

import com.squareup.wire.schema.Location;

/** A {@code .proto} file that the generator does not take. The text names file, line and remedy. */
final class SchemaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SchemaException(Location location, String message) {
    super(location + ": " + message);
  }
}

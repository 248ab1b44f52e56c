package dev.bulkhead.oci.json;

/**
 * A JSON document that is well-formed but does not say what it should. The text names the property
 * by its path, for example {@code linux.resources.memory.limit must be a whole number, not a
 * string}.
 */
public final class InvalidJsonException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one sentence that names the property
   */
  public InvalidJsonException(String message) {
    super(message);
  }
}

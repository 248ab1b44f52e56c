package dev.bulkhead.linux.image;

/** A process that cannot be saved, or an image that no process can be made of, and why. */
public final class ProcessImageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says why, in one sentence. */
  public ProcessImageException(String message) {
    super(message);
  }

  /** Says why, and by what it came. */
  public ProcessImageException(String message, Throwable cause) {
    super(message, cause);
  }
}

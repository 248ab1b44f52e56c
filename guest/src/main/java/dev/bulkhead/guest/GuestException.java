package dev.bulkhead.guest;

import java.io.Serial;

/**
 * What a guest boots cannot be made. The message is one sentence for the user: what was wrong with
 * what, and what to do.
 */
public final class GuestException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  GuestException(String message) {
    super(message);
  }

  GuestException(String message, Throwable cause) {
    super(message, cause);
  }
}

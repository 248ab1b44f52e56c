package dev.bulkhead.sandbox.template;

/** Why there can be no template; the machine boots instead. */
public final class TemplateException extends RuntimeException {
  public TemplateException(String message) {
    super(message);
  }
}

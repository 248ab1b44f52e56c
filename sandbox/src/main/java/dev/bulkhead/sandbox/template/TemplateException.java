package dev.bulkhead.sandbox.template;

/** Why there can be no template; the machine boots instead. */
final class TemplateException extends RuntimeException {
  TemplateException(String message) {
    super(message);
  }
}

package dev.bulkhead.hypervisor.qmp;

/** A command that QEMU refused, or that will get no answer. */
public final class QmpException extends Exception {
  private static final long serialVersionUID = 1L;

  /** The class of an error that this side found out: the connection is gone or took too long. */
  public static final String NO_ANSWER = "NoAnswer";

  private final String errorClass;

  /**
   * A failed command.
   *
   * @param command its name
   * @param errorClass QEMU's word for the kind, as "GenericError" or "DeviceNotFound", or {@link
   *     #NO_ANSWER}
   * @param description QEMU's sentence
   */
  public QmpException(String command, String errorClass, String description) {
    super("QEMU command '" + command + "': " + description);
    this.errorClass = errorClass;
  }

  public String errorClass() {
    return errorClass;
  }
}

package dev.bulkhead.ttrpc;

/** How a call ended: the codes of <a href="https://grpc.io/docs/guides/status-codes/">gRPC</a>. */
public enum Code {
  /** It did what it was asked. */
  OK(0),
  /** The caller gave up. */
  CANCELLED(1),
  /** Something went wrong of which no more is known. */
  UNKNOWN(2),
  /** The request cannot be right, whatever the state. */
  INVALID_ARGUMENT(3),
  /** It took too long. */
  DEADLINE_EXCEEDED(4),
  /** What the request names is not there. */
  NOT_FOUND(5),
  /** What the request would make is there. */
  ALREADY_EXISTS(6),
  /** The caller may not. */
  PERMISSION_DENIED(7),
  /** Something is used up, or the message is too large. */
  RESOURCE_EXHAUSTED(8),
  /** The state of things does not allow it now. */
  FAILED_PRECONDITION(9),
  /** Another call got in the way. */
  ABORTED(10),
  /** The request goes beyond an end. */
  OUT_OF_RANGE(11),
  /** There is no such method. */
  UNIMPLEMENTED(12),
  /** The callee has a bug. */
  INTERNAL(13),
  /** The callee cannot be reached. */
  UNAVAILABLE(14),
  /** Data is lost. */
  DATA_LOSS(15),
  /** The caller did not say who it is. */
  UNAUTHENTICATED(16);

  private final int number;

  Code(int number) {
    this.number = number;
  }

  /** The number on the wire. */
  public int number() {
    return number;
  }

  /** The code of a number on the wire; {@link #UNKNOWN} for numbers that are no code. */
  public static Code of(int number) {
    for (Code code : values()) {
      if (code.number == number) {
        return code;
      }
    }
    return UNKNOWN;
  }
}

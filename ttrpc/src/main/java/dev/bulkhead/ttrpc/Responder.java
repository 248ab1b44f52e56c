package dev.bulkhead.ttrpc;

import dev.bulkhead.protobuf.Message;

/**
 * Answers one call, once. What is answered after the connection was closed is dropped.
 *
 * @param <R> the response
 */
public final class Responder<R extends Message> implements Reply<R> {
  private final ServerConnection connection;
  private final Method<?, R> method;
  private final int streamId;
  private boolean answered;

  Responder(ServerConnection connection, Method<?, R> method, int streamId) {
    this.connection = connection;
    this.method = method;
    this.streamId = streamId;
  }

  /**
   * Whether an answer would still be sent: the call was not answered and the connection is open.
   * What cannot be taken back, such as reading from a pipe, is only done for a caller who is there.
   */
  public boolean isOpen() {
    return !answered && connection.awaits(this);
  }

  /**
   * Answers that the call succeeded. A response that is too large for a frame becomes a failure.
   *
   * @throws IllegalStateException when the call was answered
   */
  @Override
  public void succeed(R response) {
    answer();
    connection.respond(this, response);
  }

  /**
   * Answers that the call failed.
   *
   * @throws IllegalStateException when the call was answered
   */
  @Override
  public void fail(RpcException failure) {
    answer();
    connection.respond(this, failure);
  }

  private void answer() {
    if (answered) {
      throw new IllegalStateException("The call of " + method + " was answered twice.");
    }
    answered = true;
  }

  Method<?, R> method() {
    return method;
  }

  int streamId() {
    return streamId;
  }

  boolean isAnswered() {
    return answered;
  }
}

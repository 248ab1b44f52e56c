package dev.bulkhead.ttrpc;

/**
 * A call that was sent, and its outcome once there is one.
 *
 * <p>Whoever waits for it in place asks {@link #isDone} as the event loop turns, then takes {@link
 * #result}. Whoever sets it a time limit calls {@link #fail} when the time is up.
 *
 * @param <R> the response
 */
public final class Call<R> {
  private final Client client;
  private final Method<?, ?> method;
  private final int streamId;
  private final ResponseHandler<? super R> handler;
  private boolean done;
  private R response;
  private RpcException failure;

  Call(Client client, Method<?, ?> method, int streamId, ResponseHandler<? super R> handler) {
    this.client = client;
    this.method = method;
    this.streamId = streamId;
    this.handler = handler;
  }

  /** The method that was called. */
  public Method<?, ?> method() {
    return method;
  }

  /** Whether the call has succeeded, failed or been cancelled. */
  public boolean isDone() {
    return done;
  }

  /**
   * What the callee answered.
   *
   * @throws RpcException when the call failed or was cancelled
   * @throws IllegalStateException when it is not done
   */
  public R result() throws RpcException {
    if (!done) {
      throw new IllegalStateException("The call of " + method + " has no answer yet.");
    }
    if (failure != null) {
      // A new one each time: the one that is kept was made where nobody asked for it.
      throw new RpcException(failure.code(), failure.getMessage(), failure);
    }
    return response;
  }

  /**
   * Forgets the call: its handler will not be called, and an answer that still comes is ignored.
   * The callee is not told; ttrpc has no message for it.
   *
   * @return false when the call was done already
   */
  public boolean cancel() {
    if (done) {
      return false;
    }
    client.forget(streamId);
    done = true;
    failure = new RpcException(Code.CANCELLED, "The call of " + method + " was cancelled.");
    return true;
  }

  /**
   * Ends the call as failed, for instance because it took too long. Its handler is told; an answer
   * that still comes is ignored.
   *
   * @return false when the call was done already
   */
  public boolean fail(RpcException cause) {
    if (done) {
      return false;
    }
    client.forget(streamId);
    done = true;
    failure = cause;
    handler.failed(cause);
    return true;
  }

  void succeed(R answer) {
    if (!done) {
      done = true;
      response = answer;
      handler.succeeded(answer);
    }
  }

  int streamId() {
    return streamId;
  }
}

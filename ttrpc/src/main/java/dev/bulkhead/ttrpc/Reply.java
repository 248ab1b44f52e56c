package dev.bulkhead.ttrpc;

import dev.bulkhead.protobuf.Message;
import java.util.function.Function;

/**
 * Takes the one answer to a call.
 *
 * @param <R> the response
 */
public interface Reply<R extends Message> {
  /** Answers that the call succeeded. */
  void succeed(R response);

  /** Answers that the call failed. */
  void fail(RpcException failure);

  /** A reply to what is asked for the sake of another call, whose response is made of it. */
  static <S extends Message, R extends Message> Reply<S> turned(
      Reply<R> outer, Function<S, R> change) {
    return new Reply<>() {
      @Override
      public void succeed(S response) {
        outer.succeed(change.apply(response));
      }

      @Override
      public void fail(RpcException failure) {
        outer.fail(failure);
      }
    };
  }
}

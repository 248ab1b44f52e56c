package dev.bulkhead.ttrpc;

import dev.bulkhead.protobuf.Message;

/**
 * Does what a method promises.
 *
 * @param <Q> the request
 * @param <R> the response
 */
@FunctionalInterface
public interface Handler<Q extends Message, R extends Message> {
  /**
   * Handles a call. It either gives the answer to {@code responder}, now or later, or throws.
   *
   * @throws RpcException when the call fails; becomes the answer
   */
  void handle(Q request, Responder<R> responder) throws RpcException;
}

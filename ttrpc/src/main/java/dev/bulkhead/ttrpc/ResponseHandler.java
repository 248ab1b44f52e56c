package dev.bulkhead.ttrpc;

/**
 * Is told once how a call ended, unless the call is cancelled.
 *
 * @param <R> the response
 */
public interface ResponseHandler<R> {
  /** The callee answered. */
  void succeeded(R response);

  /** The callee refused, or its answer cannot be had. */
  void failed(RpcException failure);
}

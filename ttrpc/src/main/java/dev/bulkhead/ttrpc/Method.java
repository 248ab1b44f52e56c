package dev.bulkhead.ttrpc;

import dev.bulkhead.protobuf.Message;
import dev.bulkhead.protobuf.MessageDecoder;

/**
 * A call that a service offers.
 *
 * @param service the service's full name on the wire, for example {@code grpc.AgentService}
 * @param name the method's name on the wire, for example {@code CreateSandbox}
 * @param request reads what the caller sends
 * @param response reads what the callee answers
 * @param <Q> the request
 * @param <R> the response
 */
public record Method<Q extends Message, R extends Message>(
    String service, String name, MessageDecoder<Q> request, MessageDecoder<R> response) {
  /** The same method of another service, for protocols whose versions differ in the name alone. */
  public Method<Q, R> inService(String otherService) {
    return new Method<>(otherService, name, request, response);
  }

  /** The method as users see it: {@code grpc.AgentService/CreateSandbox}. */
  @Override
  public String toString() {
    return service + "/" + name;
  }
}

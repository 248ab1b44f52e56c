package dev.bulkhead.ttrpc;

import dev.bulkhead.protobuf.Message;
import java.util.HashMap;
import java.util.Map;

/** The methods that a server offers. Filled before the first connection, then shared by all. */
public final class ServiceRegistry {
  private static final int MAX_NAME_IN_ERROR = 100;

  private final String owner;
  private final Map<String, Map<String, Registration<?, ?>>> services = new HashMap<>();

  /**
   * An empty registry.
   *
   * @param owner who offers the methods, as errors name it: "this agent"
   */
  public ServiceRegistry(String owner) {
    this.owner = owner;
  }

  record Registration<Q extends Message, R extends Message>(
      Method<Q, R> method, Handler<Q, R> handler) {}

  /**
   * Offers a method.
   *
   * @throws IllegalStateException when the method is offered already
   */
  public <Q extends Message, R extends Message> ServiceRegistry on(
      Method<Q, R> method, Handler<Q, R> handler) {
    Map<String, Registration<?, ?>> methods = services.get(method.service());
    if (methods == null) {
      methods = new HashMap<>();
      services.put(method.service(), methods);
    }
    if (methods.put(method.name(), new Registration<>(method, handler)) != null) {
      throw new IllegalStateException(method + " is offered twice.");
    }
    return this;
  }

  /** The method of that name, as the wire has it. */
  Registration<?, ?> find(String service, String method) throws RpcException {
    Map<String, Registration<?, ?>> methods = services.get(service);
    if (methods == null) {
      throw new RpcException(
          Code.UNIMPLEMENTED,
          "The service " + named(service) + " is not offered by " + owner + ".");
    }
    Registration<?, ?> registration = methods.get(method);
    if (registration == null) {
      throw new RpcException(
          Code.UNIMPLEMENTED,
          service + "/" + named(method) + " is not supported by " + owner + ".");
    }
    return registration;
  }

  private static String named(String name) {
    return Envelope.shortened(name, MAX_NAME_IN_ERROR);
  }
}

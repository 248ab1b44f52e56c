package dev.bulkhead.agent.service;

import dev.bulkhead.agentapi.OOMEvent;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.Responder;
import dev.bulkhead.ttrpc.RpcException;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Which containers ran into their memory limits, for a host that asks again and again. A container
 * is told once for each time that it happened, but not more than once while nobody asks.
 */
final class OutOfMemoryEvents {
  private final Set<String> untold = new LinkedHashSet<>();
  private final ArrayDeque<Responder<OOMEvent>> asking = new ArrayDeque<>();

  /** The kernel has killed in this container. */
  void happened(String containerId) {
    untold.add(containerId);
    tell();
  }

  /** Answers with a container's id, now or when it happens. */
  void ask(Responder<OOMEvent> responder) {
    asking.add(responder);
    tell();
  }

  private void tell() {
    // What is told to one who is gone is lost.
    asking.removeIf(responder -> !responder.isOpen());
    while (!untold.isEmpty() && !asking.isEmpty()) {
      String containerId = untold.iterator().next();
      untold.remove(containerId);
      asking.remove().succeed(OOMEvent.DEFAULT.withContainerId(containerId));
    }
  }

  /** There is no such container any more. */
  void forget(String containerId) {
    untold.remove(containerId);
  }

  /** Nothing more will come: the sandbox is gone. */
  void end() {
    asking.removeIf(responder -> !responder.isOpen());
    while (!asking.isEmpty()) {
      asking.remove().fail(new RpcException(Code.UNAVAILABLE, "the sandbox was destroyed"));
    }
  }
}

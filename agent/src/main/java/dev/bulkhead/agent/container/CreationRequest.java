package dev.bulkhead.agent.container;

import dev.bulkhead.agent.device.ContainerDevices;
import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.CreateContainerRequest;
import dev.bulkhead.agentapi.seccomp.SeccompProgram;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.protobuf.Empty;
import dev.bulkhead.protobuf.MalformedMessageException;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.protobuf.ProtoReader;
import dev.bulkhead.protobuf.ProtoWriter;
import dev.bulkhead.ttrpc.Method;
import java.util.Optional;

/**
 * The host's request for a container, as it is and as it came: a process that was prepared gets the
 * bytes, which are there, rather than a message written anew.
 */
public record CreationRequest(CreateContainerRequest message, byte[] bytes) implements Message {
  /** What the host calls. */
  public static final Method<CreationRequest, Empty> METHOD =
      new Method<>(
          AgentService.CREATE_CONTAINER.service(),
          AgentService.CREATE_CONTAINER.name(),
          in -> decode(in.rest()),
          AgentService.CREATE_CONTAINER.response());

  /** Reads the bytes. */
  static CreationRequest decode(byte[] bytes) throws MalformedMessageException {
    return new CreationRequest(CreateContainerRequest.decode(new ProtoReader(bytes)), bytes);
  }

  /** The specification, with its devices as this guest has them. */
  Spec spec() {
    return ContainerDevices.resolve(message.oci(), message.devices());
  }

  /** The name of the first process. */
  String processId() {
    return message.execId().isEmpty() ? message.containerId() : message.execId();
  }

  /** The filter of the processes' system calls. */
  Optional<SeccompProgram> seccomp() {
    if (message.seccompProgram().length > 0) {
      return Optional.of(new SeccompProgram(message.seccompProgram(), message.seccompLogs()));
    }
    return message.oci().linux().hasSeccomp()
        ? Optional.of(SeccompProgram.of(message.oci().linux().seccomp()))
        : Optional.empty();
  }

  @Override
  public void encode(ProtoWriter out) {
    throw new UnsupportedOperationException("a request that was received is sent on by its bytes");
  }
}

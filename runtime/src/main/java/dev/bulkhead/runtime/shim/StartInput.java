package dev.bulkhead.runtime.shim;

import dev.bulkhead.protobuf.Any;
import dev.bulkhead.protobuf.MalformedMessageException;
import dev.bulkhead.shimapi.BootstrapParams;
import dev.bulkhead.shimapi.Extension;
import java.util.Optional;

/**
 * What containerd writes to the standard input of start: nothing, the runtime's options, or since
 * 2.3 parameters with the options among them.
 *
 * @param options the runtime's options
 * @param eventsAddress the socket that takes events
 * @param socketDirectory where the shim's socket is to be
 */
record StartInput(
    Optional<Any> options, Optional<String> eventsAddress, Optional<String> socketDirectory) {

  /**
   * Reads it. Options and parameters can be read as each other, so what tells them apart is that
   * parameters repeat the command line's id and namespace.
   */
  static StartInput decode(byte[] input, String id, String namespace) throws ShimException {
    if (input.length == 0) {
      return new StartInput(Optional.empty(), Optional.empty(), Optional.empty());
    }
    try {
      BootstrapParams parameters = BootstrapParams.decode(input);
      if (parameters.instanceId().equals(id) && parameters.namespace().equals(namespace)) {
        return of(parameters);
      }
    } catch (MalformedMessageException e) {
      // Then it is the other.
    }
    try {
      return new StartInput(
          Optional.of(Any.decode(input)).filter(any -> !any.typeUrl().isEmpty()),
          Optional.empty(),
          Optional.empty());
    } catch (MalformedMessageException e) {
      throw new ShimException(
          "what containerd wrote to standard input is neither options nor parameters: "
              + e.getMessage(),
          e);
    }
  }

  private static StartInput of(BootstrapParams parameters) {
    Optional<Any> options = Optional.empty();
    for (Extension extension : parameters.extensions()) {
      if (RuntimeSettings.isKnown(extension.value())) {
        options = Optional.of(extension.value());
      }
    }
    return new StartInput(
        options,
        Optional.of(parameters.containerdTtrpcAddress()).filter(text -> !text.isEmpty()),
        Optional.of(parameters.socketDir()).filter(text -> !text.isEmpty()));
  }
}

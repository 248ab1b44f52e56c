package dev.bulkhead.agent.container;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.UnixSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * What a child that becomes a container's process tells the agent over their socket: that it is
 * ready, with its terminal, or in one sentence why it cannot be. After the start nothing more: the
 * socket's end means that the program runs.
 *
 * @param failure the sentence, absent if the child is ready
 * @param terminal the master side of the process's terminal, the receiver's now
 */
record ChildReport(Optional<String> failure, Optional<Fd> terminal) {
  private static final int LIMIT = 8192;
  private static final byte READY = 'r';
  private static final byte FAILED = 'f';
  private static final byte[] GO = {'g'};

  static void sendReady(Fd socket, Optional<Fd> terminal) {
    UnixSocket.send(socket, new byte[] {READY}, terminal.map(List::of).orElse(List.of()));
  }

  static void sendFailure(Fd socket, String sentence) {
    byte[] text = sentence.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(text.length, LIMIT - 1);
    byte[] message = new byte[length + 1];
    message[0] = FAILED;
    System.arraycopy(text, 0, message, 1, length);
    UnixSocket.send(socket, message, List.of());
  }

  /** Reads what has come; a child that ended without a word failed too. */
  static ChildReport receive(Fd socket) {
    UnixSocket.Received received = UnixSocket.receive(socket, LIMIT);
    byte[] data = received.data();
    if (data.length > 0 && data[0] == READY) {
      return new ChildReport(Optional.empty(), received.descriptors().stream().findFirst());
    }
    received.descriptors().forEach(Fd::close);
    String sentence =
        data.length == 0
            ? "the process ended before its program could run"
            : new String(data, 1, data.length - 1, StandardCharsets.UTF_8);
    return new ChildReport(Optional.of(sentence), Optional.empty());
  }

  /** Whether the socket's end has come instead of a report: the program runs. */
  static Optional<String> receiveStartFailure(Fd socket) {
    byte[] data = UnixSocket.receive(socket, LIMIT).data();
    return data.length == 0
        ? Optional.empty()
        : Optional.of(new String(data, 1, data.length - 1, StandardCharsets.UTF_8));
  }

  static void sendGo(Fd socket) {
    UnixSocket.send(socket, GO, List.of());
  }

  /** Waits in the child until it may go on; false if the agent gave it up. */
  static boolean awaitGo(Fd socket) {
    return socket.read(new byte[1], 0, 1) == 1;
  }
}

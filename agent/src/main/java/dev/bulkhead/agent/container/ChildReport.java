package dev.bulkhead.agent.container;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.UnixSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * What a child that becomes a container's process tells the agent over their socket: that it is
 * ready, or why it cannot be. After the start nothing more: the socket's end means that the program
 * runs.
 */
sealed interface ChildReport {
  int LIMIT = 4096;
  byte READY = 'r';
  byte FAILED = 'f';

  /**
   * The child waits to be let go.
   *
   * @param terminal the master side of the process's terminal, the receiver's now
   */
  record Ready(Optional<Fd> terminal) implements ChildReport {}

  /**
   * The child has given up.
   *
   * @param reason one sentence
   */
  record Failed(String reason) implements ChildReport {}

  /** The socket's end. */
  record End() implements ChildReport {}

  static void sendReady(Fd socket, Optional<Fd> terminal) {
    UnixSocket.send(socket, new byte[] {READY}, terminal.map(List::of).orElse(List.of()));
  }

  static void sendFailure(Fd socket, String sentence) {
    byte[] text = sentence.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(text.length, LIMIT - 1);
    byte[] message = new byte[length + 1];
    message[0] = FAILED;
    System.arraycopy(text, 0, message, 1, length);
    // By write: a system call filter that is in force already allows little else.
    socket.writeAll(message);
  }

  /** Reads what has come, or waits for it. */
  static ChildReport receive(Fd socket) {
    UnixSocket.Received received;
    try {
      received = UnixSocket.receive(socket, LIMIT);
    } catch (LinuxException e) {
      if (e.isOfPeersEnd()) {
        return new End();
      }
      throw e;
    }
    byte[] data = received.data();
    if (data.length > 0 && data[0] == READY && received.descriptors().size() <= 1) {
      return new Ready(received.descriptors().stream().findFirst());
    }
    received.descriptors().forEach(Fd::close);
    return data.length == 0
        ? new End()
        : new Failed(new String(data, 1, data.length - 1, StandardCharsets.UTF_8));
  }

  /** Lets the child go on; false if it has ended, as a container can have it killed any time. */
  static boolean sendGo(Fd socket) {
    try {
      UnixSocket.send(socket, new byte[] {'g'}, List.of());
      return true;
    } catch (LinuxException e) {
      if (e.isOfPeersEnd()) {
        return false;
      }
      throw e;
    }
  }

  /** Waits in the child until it may go on; false if the agent gave it up. */
  static boolean awaitGo(Fd socket) {
    return socket.read(new byte[1], 0, 1) == 1;
  }
}

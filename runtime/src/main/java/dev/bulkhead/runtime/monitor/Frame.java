package dev.bulkhead.runtime.monitor;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.oci.json.InvalidJsonException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A message between commands and monitors on a unix socket: four bytes of length, big-endian, then
 * a JSON object. Descriptors come with the length's bytes.
 */
final class Frame {
  private static final int HEADER = 4;
  private static final int LIMIT = 4 << 20;

  private Frame() {}

  /** Sends a message over a socket that blocks. */
  static void send(Fd socket, JsonObject message, List<Fd> descriptors) {
    byte[] body = JsonWriter.string(message).getBytes(StandardCharsets.UTF_8);
    byte[] header = {
      (byte) (body.length >> 24),
      (byte) (body.length >> 16),
      (byte) (body.length >> 8),
      (byte) body.length
    };
    UnixSocket.send(socket, header, descriptors);
    socket.writeAll(body);
  }

  /** A message with the descriptors that came with it, which are the receiver's. */
  record Message(JsonObject json, List<Fd> descriptors) {}

  /** Puts together what arrives in pieces: one message. */
  static final class Receiver {
    private final List<Fd> descriptors = new ArrayList<>();
    private byte[] bytes = new byte[HEADER];
    private int filled;
    private boolean headerRead;

    /**
     * Reads what is there.
     *
     * @return the message when it is whole
     * @throws InvalidJsonException if it is none, or the sender went away within it
     */
    Optional<Message> receive(Fd socket) throws InvalidJsonException {
      UnixSocket.Received received = UnixSocket.receive(socket, bytes.length - filled);
      descriptors.addAll(received.descriptors());
      if (received.data().length == 0) {
        throw new InvalidJsonException("the connection was closed within a message");
      }
      System.arraycopy(received.data(), 0, bytes, filled, received.data().length);
      filled += received.data().length;
      if (filled < bytes.length) {
        return Optional.empty();
      }
      if (!headerRead) {
        int length = length();
        if (length <= 0 || length > LIMIT) {
          throw new InvalidJsonException("a message of " + length + " bytes is refused");
        }
        headerRead = true;
        filled = 0;
        bytes = new byte[length];
        return Optional.empty();
      }
      return Optional.of(new Message(parse(), List.copyOf(descriptors)));
    }

    private int length() {
      return (bytes[0] & 0xff) << 24
          | (bytes[1] & 0xff) << 16
          | (bytes[2] & 0xff) << 8
          | (bytes[3] & 0xff);
    }

    private JsonObject parse() throws InvalidJsonException {
      try {
        return JsonParser.object()
            .from(new String(Arrays.copyOf(bytes, filled), StandardCharsets.UTF_8));
      } catch (JsonParserException e) {
        throw new InvalidJsonException("a message is no JSON: " + e.getMessage());
      }
    }

    /** Closes descriptors that nobody took over. */
    void discard() {
      descriptors.forEach(Fd::close);
    }
  }
}

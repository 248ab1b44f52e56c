package dev.bulkhead.it.agent;

import dev.bulkhead.protobuf.MalformedMessageException;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.protobuf.ProtoReader;
import dev.bulkhead.ttrpc.Client;
import dev.bulkhead.ttrpc.Method;
import dev.bulkhead.ttrpc.Status;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** The host's end of the agent's port, for bytes that a proper host would not send. */
final class RawPort implements AutoCloseable {
  static final int MAX_DATA_LENGTH = 4 << 20;
  static final int REQUEST = 1;

  private final SocketChannel socket;

  RawPort(SocketChannel socket) {
    this.socket = socket;
  }

  /**
   * An answer of the agent.
   *
   * @param code gRPC's, 0 for success
   */
  record Answer(int stream, int code, String message) {}

  /** A frame with any header. */
  static byte[] frame(int stream, int type, int flags, byte[] data) {
    return header(data.length, stream, type, flags, data);
  }

  /** A header that tells a length, and data that may be of another. */
  static byte[] header(int length, int stream, int type, int flags, byte[] data) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(length);
      out.writeInt(stream);
      out.writeByte(type);
      out.writeByte(flags);
      out.write(data);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return bytes.toByteArray();
  }

  /** The frame of a proper call; it has stream number 1. */
  static <Q extends Message, R extends Message> byte[] call(Method<Q, R> method, Q request) {
    List<byte[]> frames = new ArrayList<>();
    new Client(frames::add).call(method, request);
    return frames.getFirst();
  }

  /** The same frame with another stream number. */
  static byte[] withStream(byte[] frame, int stream) {
    byte[] copy = frame.clone();
    ByteBuffer.wrap(copy).putInt(4, stream);
    return copy;
  }

  void send(byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      socket.write(buffer);
    }
  }

  /** Waits for the next answer. */
  Answer receive() throws IOException {
    DataInputStream in = new DataInputStream(Channels.newInputStream(socket));
    int length = in.readInt();
    int stream = in.readInt();
    in.readByte();
    in.readByte();
    byte[] data = in.readNBytes(length);
    try {
      Status status = Status.DEFAULT;
      ProtoReader reader = new ProtoReader(data);
      for (int tag = reader.readTag(); tag != 0; tag = reader.readTag()) {
        if (tag == 10) {
          status = Status.decode(reader.readMessage());
        } else {
          reader.skip(tag);
        }
      }
      return new Answer(stream, status.code(), status.message());
    } catch (MalformedMessageException e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

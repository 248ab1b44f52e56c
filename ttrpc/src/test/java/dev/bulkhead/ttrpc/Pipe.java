package dev.bulkhead.ttrpc;

import java.util.ArrayDeque;
import java.util.Arrays;

/** One direction of a connection in memory: holds the frames until they are delivered. */
final class Pipe implements FrameSink {
  /** What takes the bytes at the far end. */
  @FunctionalInterface
  interface Receiver {
    void receive(byte[] buffer, int offset, int length);
  }

  private final ArrayDeque<byte[]> frames = new ArrayDeque<>();

  @Override
  public void send(byte[] frame) {
    frames.add(frame);
  }

  byte[] take() {
    return frames.remove();
  }

  boolean isEmpty() {
    return frames.isEmpty();
  }

  /** Delivers everything in pieces of {@code size} bytes, each in a buffer that is wiped after. */
  void deliver(Receiver receiver, int size) {
    for (byte[] frame = frames.poll(); frame != null; frame = frames.poll()) {
      for (int at = 0; at < frame.length; at += size) {
        int length = Math.min(size, frame.length - at);
        byte[] buffer = new byte[length + 2];
        System.arraycopy(frame, at, buffer, 1, length);
        receiver.receive(buffer, 1, length);
        Arrays.fill(buffer, (byte) 0x55);
      }
    }
  }

  /** Delivers everything in one piece. */
  void deliver(Receiver receiver) {
    int length = frames.stream().mapToInt(frame -> frame.length).sum();
    byte[] all = new byte[length];
    int at = 0;
    for (byte[] frame = frames.poll(); frame != null; frame = frames.poll()) {
      System.arraycopy(frame, 0, all, at, frame.length);
      at += frame.length;
    }
    receiver.receive(all, 0, all.length);
    Arrays.fill(all, (byte) 0x55);
  }
}

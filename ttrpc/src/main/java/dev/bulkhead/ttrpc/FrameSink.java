package dev.bulkhead.ttrpc;

/** Where a connection's outgoing bytes go. */
@FunctionalInterface
public interface FrameSink {
  /**
   * Takes one frame to send, after all that were given before. Must not call back into the
   * connection.
   *
   * @param frame header and data; the array is the sink's from now on
   */
  void send(byte[] frame);
}

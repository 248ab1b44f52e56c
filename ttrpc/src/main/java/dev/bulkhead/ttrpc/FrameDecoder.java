package dev.bulkhead.ttrpc;

/**
 * Cuts a stream of bytes into frames, however the bytes arrive.
 *
 * <p>A frame that lies whole in the received bytes is handed on where it lies. One that arrives in
 * pieces is collected, in at most 4 MiB. The data of a longer one is thrown away as it comes.
 */
final class FrameDecoder {
  /** What the frames are given to. */
  interface Receiver {
    /**
     * A frame.
     *
     * @param buffer holds the data at {@code offset}, during the call only
     */
    void frame(int streamId, int type, int flags, byte[] buffer, int offset, int length);

    /** A frame that is too long; its data is not looked at. */
    void oversizedFrame(int streamId, int type, long length);
  }

  private final Receiver receiver;
  private final byte[] header = new byte[Frame.HEADER_LENGTH];
  private int headerFilled;
  private byte[] data;
  private int dataFilled;
  private long toSkip;

  FrameDecoder(Receiver receiver) {
    this.receiver = receiver;
  }

  /** Takes bytes that arrived. */
  void receive(byte[] buffer, int offset, int length) {
    int at = offset;
    int end = offset + length;
    while (at < end) {
      if (toSkip > 0) {
        int skipped = (int) Math.min(toSkip, end - at);
        toSkip -= skipped;
        at += skipped;
      } else if (headerFilled < Frame.HEADER_LENGTH) {
        int count = Math.min(Frame.HEADER_LENGTH - headerFilled, end - at);
        System.arraycopy(buffer, at, header, headerFilled, count);
        headerFilled += count;
        at += count;
        if (headerFilled == Frame.HEADER_LENGTH) {
          at += begin(buffer, at, end);
        }
      } else {
        int count = Math.min(data.length - dataFilled, end - at);
        System.arraycopy(buffer, at, data, dataFilled, count);
        dataFilled += count;
        at += count;
        if (dataFilled == data.length) {
          byte[] complete = data;
          data = null;
          deliver(complete, 0, complete.length);
        }
      }
    }
  }

  /** Begins a frame whose header is complete; answers how many bytes of its data were used up. */
  private int begin(byte[] buffer, int at, int end) {
    long length = bigEndian32(0) & 0xFFFFFFFFL;
    if (length > Frame.MAX_DATA_LENGTH) {
      headerFilled = 0;
      toSkip = length;
      receiver.oversizedFrame(bigEndian32(4), header[8], length);
      return 0;
    }
    if (length <= end - at) {
      deliver(buffer, at, (int) length);
      return (int) length;
    }
    data = new byte[(int) length];
    dataFilled = 0;
    return 0;
  }

  private void deliver(byte[] buffer, int offset, int length) {
    headerFilled = 0;
    receiver.frame(bigEndian32(4), header[8], header[9], buffer, offset, length);
  }

  private int bigEndian32(int at) {
    return (header[at] << 24)
        | ((header[at + 1] & 0xFF) << 16)
        | ((header[at + 2] & 0xFF) << 8)
        | (header[at + 3] & 0xFF);
  }
}

package dev.bulkhead.guest;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorInputStream;
import org.apache.commons.compress.compressors.lzma.LZMACompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorInputStream;

/**
 * How a kernel's payload may be compressed (CONFIG_KERNEL_XZ and its like), told by the first
 * bytes. Linux's scripts/Makefile.lib says how each is made.
 *
 * <p>Whatever it is, the last four bytes are the size of what was compressed: gzip ends so by
 * itself, and the kernel's build puts them behind all others.
 */
enum KernelCompression {
  GZIP("1f8b", 0) {
    @Override
    InputStream open(InputStream in) throws IOException {
      return new GzipCompressorInputStream(in);
    }
  },
  XZ("fd377a585a00", 4) {
    @Override
    InputStream open(InputStream in) throws IOException {
      return new XZCompressorInputStream(in);
    }
  },
  ZSTD("28b52ffd", 4) {
    @Override
    InputStream open(InputStream in) throws IOException {
      return new ZstdCompressorInputStream(in);
    }
  },
  LZ4("02214c18", 4) {
    @Override
    InputStream open(InputStream in) throws IOException {
      return new LegacyLz4InputStream(in);
    }
  },
  BZIP2("425a68", 4) {
    @Override
    InputStream open(InputStream in) throws IOException {
      return new BZip2CompressorInputStream(in);
    }
  },
  LZMA("5d0000", 4) {
    @Override
    InputStream open(InputStream in) throws IOException {
      return new LZMACompressorInputStream(in);
    }
  };

  /** More than any kernel has, so that a damaged size does not exhaust the memory. */
  private static final long MOST_BYTES = 512L << 20;

  private static final int SIZE_BYTES = 4;
  private static final int LONGEST_MAGIC = 6;

  private final String magic;
  private final int appended;

  /**
   * Keeps what tells the compression.
   *
   * @param magic the first bytes, in hexadecimal
   * @param appended how many of the payload's bytes stand behind the compressed stream
   */
  KernelCompression(String magic, int appended) {
    this.magic = magic;
    this.appended = appended;
  }

  abstract InputStream open(InputStream in) throws IOException;

  /**
   * What the payload of a kernel image holds.
   *
   * @param name what an error calls the image
   * @throws GuestException when the compression is unknown, or the payload damaged
   */
  static byte[] decompress(ByteBuffer payload, String name) throws GuestException {
    byte[] bytes = new byte[payload.remaining()];
    payload.get(bytes);
    KernelCompression compression = of(bytes, name);
    if (bytes.length < LONGEST_MAGIC + SIZE_BYTES) {
      throw new GuestException(name + " is damaged: its kernel has " + bytes.length + " bytes");
    }
    long size =
        Integer.toUnsignedLong(
            ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt(bytes.length - SIZE_BYTES));
    if (size > MOST_BYTES) {
      throw new GuestException(
          name + " is damaged: it says that its kernel has " + size + " bytes, decompressed");
    }
    ByteArrayInputStream compressed =
        new ByteArrayInputStream(bytes, 0, bytes.length - compression.appended);
    try (InputStream in = compression.open(compressed)) {
      byte[] kernel = in.readNBytes((int) size);
      if (kernel.length != size || in.read() != -1) {
        throw new GuestException(
            name + " is damaged: its kernel has not the " + size + " bytes it should have");
      }
      return kernel;
    } catch (IOException e) {
      throw new GuestException(
          name + " is damaged: its kernel cannot be decompressed (" + e.getMessage() + ")", e);
    }
  }

  private static KernelCompression of(byte[] payload, String name) throws GuestException {
    String start = HexFormat.of().formatHex(payload, 0, Math.min(LONGEST_MAGIC, payload.length));
    return Arrays.stream(values())
        .filter(compression -> start.startsWith(compression.magic))
        .findFirst()
        .orElseThrow(
            () ->
                new GuestException(
                    name
                        + " is compressed in a way that is not understood; these are: "
                        + List.of(values())));
  }

  /**
   * The legacy format of lz4, which the kernel uses: a magic number, then blocks, each with its
   * compressed size in front.
   */
  private static final class LegacyLz4InputStream extends InputStream {
    private final InputStream in;
    private InputStream block = InputStream.nullInputStream();

    LegacyLz4InputStream(InputStream in) throws IOException {
      this.in = in;
      in.skipNBytes(LZ4.magic.length() / 2);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) == -1 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      int read = block.read(buffer, offset, length);
      while (read == -1 && nextBlock()) {
        read = block.read(buffer, offset, length);
      }
      return read;
    }

    @Override
    public void close() throws IOException {
      block.close();
      in.close();
    }

    private boolean nextBlock() throws IOException {
      byte[] head = in.readNBytes(SIZE_BYTES);
      if (head.length == 0) {
        return false;
      }
      if (head.length < SIZE_BYTES) {
        throw new EOFException("the size of an lz4 block is cut short");
      }
      int size = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getInt();
      if (size < 0 || size > in.available()) {
        throw new EOFException("an lz4 block of " + size + " bytes is cut short");
      }
      block = new BlockLZ4CompressorInputStream(new ByteArrayInputStream(in.readNBytes(size)));
      return true;
    }
  }
}

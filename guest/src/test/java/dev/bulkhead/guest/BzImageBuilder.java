package dev.bulkhead.guest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorOutputStream;
import org.apache.commons.compress.compressors.lzma.LZMACompressorOutputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorOutputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorOutputStream;

/** Makes kernel images, by the boot protocol. */
final class BzImageBuilder {
  private static final int PAYLOAD_OFFSET = 0x2cc;
  private static final int LZ4_BLOCK = 8 << 20;

  private BzImageBuilder() {}

  static byte[] image(KernelCompression compression, byte[] kernel) throws IOException {
    return image(7, payload(compression, kernel));
  }

  static byte[] image(int setupSectors, byte[] payload) {
    int real = setupSectors == 0 ? 4 : setupSectors;
    int start = (real + 1) * 512 + PAYLOAD_OFFSET;
    ByteBuffer image =
        ByteBuffer.allocate(start + payload.length + 100).order(ByteOrder.LITTLE_ENDIAN);
    image.put(0x1f1, (byte) setupSectors);
    image.putShort(0x1fe, (short) 0xaa55);
    image.putInt(0x202, 0x53726448);
    image.putShort(0x206, (short) 0x020f);
    image.putInt(0x248, PAYLOAD_OFFSET);
    image.putInt(0x24c, payload.length);
    image.put(start, payload);
    return image.array();
  }

  /** As the kernel's build compresses it: with the size behind it, if the format has none there. */
  static byte[] payload(KernelCompression compression, byte[] kernel) throws IOException {
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    if (compression == KernelCompression.LZ4) {
      payload.writeBytes(littleEndian(0x184c2102));
      for (int at = 0; at < kernel.length; at += LZ4_BLOCK) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        try (OutputStream out = new BlockLZ4CompressorOutputStream(block)) {
          out.write(kernel, at, Math.min(LZ4_BLOCK, kernel.length - at));
        }
        payload.writeBytes(littleEndian(block.size()));
        payload.writeBytes(block.toByteArray());
      }
    } else {
      try (OutputStream out = compressor(compression, payload)) {
        out.write(kernel);
      }
    }
    if (compression != KernelCompression.GZIP) {
      payload.writeBytes(littleEndian(kernel.length));
    }
    return payload.toByteArray();
  }

  private static OutputStream compressor(KernelCompression compression, OutputStream out)
      throws IOException {
    return switch (compression) {
      case GZIP -> new GzipCompressorOutputStream(out);
      case XZ -> new XZCompressorOutputStream(out);
      case ZSTD -> new ZstdCompressorOutputStream(out);
      case BZIP2 -> new BZip2CompressorOutputStream(out);
      case LZMA -> new LZMACompressorOutputStream(out);
      case LZ4 -> throw new IllegalArgumentException("made of blocks");
    };
  }

  private static byte[] littleEndian(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }
}

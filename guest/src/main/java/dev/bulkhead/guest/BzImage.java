package dev.bulkhead.guest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The compressed kernel of distributions, {@code vmlinuz}; see Linux's
 * Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header".
 *
 * <p>A boot sector and the real-mode code come first, {@code setup_sects} sectors behind the first
 * one. The protected-mode code follows, and within it, at {@code payload_offset}, the compressed
 * ELF file that the kernel was linked to.
 */
final class BzImage {
  private static final int SECTOR = 512;
  private static final int SETUP_SECTS = 0x1f1;
  private static final int BOOT_FLAG = 0x1fe;
  private static final int HEADER_MAGIC = 0x202;
  private static final int PROTOCOL_VERSION = 0x206;
  private static final int PAYLOAD_OFFSET = 0x248;
  private static final int PAYLOAD_LENGTH = 0x24c;
  private static final int HEADER_END = 0x250;

  /** "HdrS". */
  private static final int HDRS = 0x53726448;

  /** The first version of the protocol that says where the payload is, 2.08. */
  private static final int FIRST_WITH_PAYLOAD = 0x0208;

  /** A setup_sects of 0 means this many, for the sake of very old loaders. */
  private static final int DEFAULT_SETUP_SECTS = 4;

  private BzImage() {}

  /**
   * The kernel's ELF file, decompressed. Other bytes may follow it.
   *
   * @param name what an error calls the image
   * @throws GuestException when the image is none, or is damaged
   */
  static byte[] extract(byte[] image, String name) throws GuestException {
    if (image.length < HEADER_END) {
      throw new GuestException(
          name + " is no kernel image: it has only " + image.length + " bytes");
    }
    ByteBuffer header = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    if (header.getShort(BOOT_FLAG) != (short) 0xaa55 || header.getInt(HEADER_MAGIC) != HDRS) {
      throw new GuestException(name + " is no kernel image for x86: it has no setup header");
    }
    int version = Short.toUnsignedInt(header.getShort(PROTOCOL_VERSION));
    if (version < FIRST_WITH_PAYLOAD) {
      throw new GuestException(
          name + " is a kernel from before 2.6.25, which does not say where its ELF file is");
    }
    int setupSectors = Byte.toUnsignedInt(image[SETUP_SECTS]);
    if (setupSectors == 0) {
      setupSectors = DEFAULT_SETUP_SECTS;
    }
    long start =
        (setupSectors + 1L) * SECTOR + Integer.toUnsignedLong(header.getInt(PAYLOAD_OFFSET));
    long length = Integer.toUnsignedLong(header.getInt(PAYLOAD_LENGTH));
    if (start > image.length || length > image.length - start) {
      throw new GuestException(
          name
              + " is cut short: its kernel is "
              + length
              + " bytes at "
              + start
              + " of "
              + image.length);
    }
    return KernelCompression.decompress(header.slice((int) start, (int) length), name);
  }
}

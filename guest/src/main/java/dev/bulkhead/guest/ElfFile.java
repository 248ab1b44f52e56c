package dev.bulkhead.guest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * An ELF file for x86-64, in memory; see the System V ABI, chapter "Object Files".
 *
 * <p>Of its tables only what kernels and modules need is read. The bytes may go on behind the file,
 * as they do in a compressed kernel, where the relocations follow.
 *
 * @param bytes the file; not copied, so leave it alone
 * @param entry the address of the first instruction
 * @param segments the program headers
 * @param sections the section headers
 */
record ElfFile(byte[] bytes, long entry, List<Segment> segments, List<Section> sections) {
  static final int HEADER_SIZE = 64;
  static final int PROGRAM_HEADER_SIZE = 56;
  static final int PT_LOAD = 1;
  static final int PT_NOTE = 4;

  private static final int SECTION_HEADER_SIZE = 64;
  private static final int SHT_NOBITS = 8;
  private static final int EM_X86_64 = 62;
  private static final byte[] MAGIC = {0x7f, 'E', 'L', 'F', 2, 1};

  /**
   * A part of the file that is loaded, or that says something about loading; the names are those of
   * the program header's fields.
   */
  record Segment(
      int type,
      int flags,
      long offset,
      long virtualAddress,
      long physicalAddress,
      long fileSize,
      long memorySize,
      long alignment) {}

  /** A named part of the file; one that has no bytes in the file has the size 0 here. */
  record Section(String name, long offset, long size) {}

  ElfFile {
    segments = List.copyOf(segments);
    sections = List.copyOf(sections);
  }

  /**
   * Reads the tables of a file.
   *
   * @param name what an error calls the file
   * @throws GuestException when it is no such file, or a table points outside of it
   */
  static ElfFile parse(byte[] bytes, String name) throws GuestException {
    if (bytes.length < HEADER_SIZE
        || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new GuestException(name + " is no 64-bit ELF file; is the package damaged?");
    }
    ByteBuffer elf = littleEndian(bytes);
    int machine = elf.getShort(18);
    if (machine != EM_X86_64) {
      throw new GuestException(
          name + " is for machine type " + machine + ", not for x86-64; take a package for amd64");
    }
    try {
      return new ElfFile(bytes, elf.getLong(24), segments(elf), sections(elf));
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new GuestException(
          name + " is cut short or damaged: its ELF tables point outside of it", e);
    }
  }

  /** The bytes of a section. */
  Optional<ByteBuffer> section(String name) {
    return sections.stream()
        .filter(section -> section.name.equals(name))
        .findFirst()
        .map(section -> slice(section.offset, section.size));
  }

  /** The bytes of a segment that are in the file. */
  ByteBuffer content(Segment segment) {
    return slice(segment.offset, segment.fileSize);
  }

  private ByteBuffer slice(long offset, long size) {
    return littleEndian(bytes)
        .slice(Math.toIntExact(offset), Math.toIntExact(size))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static List<Segment> segments(ByteBuffer elf) {
    int table = index(elf.getLong(32), elf);
    int count = Short.toUnsignedInt(elf.getShort(56));
    List<Segment> segments = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int at = table + i * PROGRAM_HEADER_SIZE;
      Segment segment =
          new Segment(
              elf.getInt(at),
              elf.getInt(at + 4),
              elf.getLong(at + 8),
              elf.getLong(at + 16),
              elf.getLong(at + 24),
              elf.getLong(at + 32),
              elf.getLong(at + 40),
              elf.getLong(at + 48));
      checkWithin(elf, segment.offset, segment.fileSize);
      segments.add(segment);
    }
    return segments;
  }

  private static List<Section> sections(ByteBuffer elf) {
    int table = index(elf.getLong(40), elf);
    int count = Short.toUnsignedInt(elf.getShort(60));
    int namesHeader = table + Short.toUnsignedInt(elf.getShort(62)) * SECTION_HEADER_SIZE;
    List<Section> sections = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int at = table + i * SECTION_HEADER_SIZE;
      int names = index(elf.getLong(namesHeader + 24), elf);
      long offset = elf.getLong(at + 24);
      long size = elf.getInt(at + 4) == SHT_NOBITS ? 0 : elf.getLong(at + 32);
      if (size > 0) {
        checkWithin(elf, offset, size);
      } else {
        offset = 0;
      }
      sections.add(new Section(string(elf, Math.addExact(names, elf.getInt(at))), offset, size));
    }
    return sections;
  }

  private static String string(ByteBuffer elf, int start) {
    int end = start;
    while (elf.get(end) != 0) {
      end++;
    }
    byte[] name = new byte[end - start];
    elf.get(start, name);
    return new String(name, StandardCharsets.UTF_8);
  }

  private static int index(long offset, ByteBuffer elf) {
    checkWithin(elf, offset, 0);
    return (int) offset;
  }

  private static void checkWithin(ByteBuffer elf, long offset, long size) {
    if (offset < 0 || size < 0 || offset > elf.limit() || size > elf.limit() - offset) {
      throw new IndexOutOfBoundsException(
          size + " bytes at " + offset + " of " + elf.limit() + " bytes");
    }
  }
}

package dev.bulkhead.guest;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Makes small ELF files for x86-64 that are right in all that is read of them. */
final class ElfBuilder {
  private static final int HEADER = 64;
  private static final int PROGRAM_HEADER = 56;
  private static final int SECTION_HEADER = 64;
  private static final short ET_REL = 1;
  private static final short ET_EXEC = 2;
  private static final int SHT_PROGBITS = 1;
  private static final int SHT_STRTAB = 3;

  private record Segment(
      int type, long offset, long virtualAddress, long physicalAddress, long size, long memory) {}

  private record Section(String name, int offset, int size) {}

  private final ByteArrayOutputStream content = new ByteArrayOutputStream();
  private final List<Segment> segments = new ArrayList<>();
  private final List<Section> sections = new ArrayList<>();
  private final int firstOffset;

  private ElfBuilder(int mostSegments) {
    this.firstOffset = HEADER + mostSegments * PROGRAM_HEADER;
  }

  static ElfBuilder executable() {
    return new ElfBuilder(8);
  }

  /** A module with the entries of its .modinfo. */
  static byte[] module(String... entries) {
    StringBuilder info = new StringBuilder();
    for (String entry : entries) {
      info.append(entry).append('\0');
    }
    return new ElfBuilder(0)
        .section(".modinfo", info.toString().getBytes(StandardCharsets.UTF_8))
        .build();
  }

  /** The note by which a kernel names its PVH entry, or another one of Xen's. */
  static byte[] xenNote(int type) {
    ByteBuffer note = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    note.putInt(4).putInt(8).putInt(type);
    note.put("Xen\0".getBytes(StandardCharsets.US_ASCII));
    return note.putLong(0x1000000).array();
  }

  /** A kernel of two segments, with PVH's note within the first one. */
  static byte[] kernel() {
    byte[] text = new byte[8192];
    text[0] = 1;
    System.arraycopy(xenNote(18), 0, text, 4096, 24);
    byte[] data = new byte[20000];
    data[4999] = 2;
    ElfBuilder kernel = executable();
    long start = kernel.load(0x1000000, text, text.length);
    return kernel.notes(start + 4096, 24).also(0x2000000, data, 65536).build();
  }

  /** Adds a loaded segment and answers where in the file it is. */
  long load(long address, byte[] bytes, long memory) {
    long offset = (long) firstOffset + content.size();
    segments.add(
        new Segment(
            ElfFile.PT_LOAD, offset, 0xffffffff80000000L + address, address, bytes.length, memory));
    content.writeBytes(bytes);
    return offset;
  }

  ElfBuilder also(long address, byte[] bytes, long memory) {
    load(address, bytes, memory);
    return this;
  }

  ElfBuilder notes(long offset, long size) {
    return segment(ElfFile.PT_NOTE, offset, size);
  }

  ElfBuilder segment(int type, long offset, long size) {
    segments.add(new Segment(type, offset, 0, 0, size, size));
    return this;
  }

  ElfBuilder section(String name, byte[] bytes) {
    sections.add(new Section(name, firstOffset + content.size(), bytes.length));
    content.writeBytes(bytes);
    return this;
  }

  byte[] build() {
    ByteArrayOutputStream names = new ByteArrayOutputStream();
    names.write(0);
    List<Integer> nameOffsets = new ArrayList<>();
    int namesOffset = firstOffset + content.size();
    sections.add(new Section(".shstrtab", namesOffset, 0));
    for (Section section : sections) {
      nameOffsets.add(names.size());
      names.writeBytes((section.name + "\0").getBytes(StandardCharsets.US_ASCII));
    }
    int table = namesOffset + names.size();
    ByteBuffer elf =
        ByteBuffer.allocate(table + (sections.size() + 1) * SECTION_HEADER)
            .order(ByteOrder.LITTLE_ENDIAN);
    putHeader(elf, table);
    for (Segment segment : segments) {
      elf.putInt(segment.type).putInt(7).putLong(segment.offset);
      elf.putLong(segment.virtualAddress).putLong(segment.physicalAddress);
      elf.putLong(segment.size).putLong(segment.memory).putLong(1);
    }
    elf.position(firstOffset).put(content.toByteArray()).put(names.toByteArray());
    elf.position(table + SECTION_HEADER);
    for (int i = 0; i < sections.size(); i++) {
      boolean last = i == sections.size() - 1;
      elf.putInt(nameOffsets.get(i)).putInt(last ? SHT_STRTAB : SHT_PROGBITS);
      elf.putLong(last ? 0 : 2).putLong(0).putLong(sections.get(i).offset);
      elf.putLong(last ? names.size() : sections.get(i).size);
      elf.putInt(0).putInt(0).putLong(1).putLong(0);
    }
    return elf.array();
  }

  private void putHeader(ByteBuffer elf, int sectionTable) {
    elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    elf.putShort(segments.isEmpty() ? ET_REL : ET_EXEC).putShort((short) 62).putInt(1);
    elf.putLong(0x1000000).putLong(segments.isEmpty() ? 0 : HEADER).putLong(sectionTable);
    elf.putInt(0).putShort((short) HEADER);
    elf.putShort((short) PROGRAM_HEADER).putShort((short) segments.size());
    elf.putShort((short) SECTION_HEADER).putShort((short) (sections.size() + 1));
    elf.putShort((short) sections.size());
  }
}

package dev.bulkhead.guest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * An uncompressed kernel that boots by PVH: the loader copies its segments and jumps to the 32-bit
 * entry that a note names. See <a
 * href="https://xenbits.xen.org/docs/unstable/misc/pvh.html">x86/HVM direct boot ABI</a>.
 */
final class Vmlinux {
  private static final int XEN_ELFNOTE_PHYS32_ENTRY = 18;
  private static final String XEN = "Xen\0";
  private static final int NOTE_HEADER_SIZE = 12;
  private static final int PAGE = 4096;

  private Vmlinux() {}

  /**
   * The ELF file of a kernel with only what a loader wants: no section headers, nothing behind the
   * segments, and no zeros at a segment's end. The latter halves the file, as the kernel's build
   * writes the memory for variables out in zeros, and hypervisors map the file.
   *
   * @param name what an error calls the kernel
   * @throws GuestException when the kernel cannot be booted so
   */
  static byte[] of(byte[] kernel, String name) throws GuestException {
    ElfFile elf = ElfFile.parse(kernel, name);
    if (!hasPvhEntry(elf, name)) {
      throw new GuestException(
          name + " cannot be booted by PVH: take a kernel that was built with CONFIG_PVH=y");
    }
    return compact(elf);
  }

  private static boolean hasPvhEntry(ElfFile elf, String name) throws GuestException {
    for (ElfFile.Segment segment : elf.segments()) {
      if (segment.type() == ElfFile.PT_NOTE && hasPvhEntry(elf.content(segment), name)) {
        return true;
      }
    }
    return false;
  }

  private static boolean hasPvhEntry(ByteBuffer notes, String name) throws GuestException {
    while (notes.remaining() >= NOTE_HEADER_SIZE) {
      long nameSize = Integer.toUnsignedLong(notes.getInt());
      long descriptionSize = Integer.toUnsignedLong(notes.getInt());
      int type = notes.getInt();
      if (aligned(nameSize, 4) + descriptionSize > notes.remaining()) {
        throw new GuestException(name + " is damaged: a note points outside of it");
      }
      byte[] owner = new byte[(int) nameSize];
      notes.get(notes.position(), owner);
      if (type == XEN_ELFNOTE_PHYS32_ENTRY
          && descriptionSize > 0
          && new String(owner, StandardCharsets.ISO_8859_1).equals(XEN)) {
        return true;
      }
      long next = notes.position() + aligned(nameSize, 4) + aligned(descriptionSize, 4);
      notes.position((int) Math.min(next, notes.limit()));
    }
    return false;
  }

  private static byte[] compact(ElfFile elf) {
    List<ElfFile.Segment> loaded = new ArrayList<>();
    List<ElfFile.Segment> written = new ArrayList<>();
    long end = ElfFile.HEADER_SIZE + (long) elf.segments().size() * ElfFile.PROGRAM_HEADER_SIZE;
    for (ElfFile.Segment segment : elf.segments()) {
      if (segment.type() == ElfFile.PT_LOAD) {
        long offset = aligned(end, PAGE) + segment.virtualAddress() % PAGE;
        long size = Math.max(sizeWithoutZeros(elf.content(segment)), endOfParts(elf, segment));
        loaded.add(segment);
        written.add(at(segment, offset, size, PAGE));
        end = offset + size;
      }
    }
    byte[] file = new byte[(int) end];
    ByteBuffer out = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    putHeader(out, elf);
    for (ElfFile.Segment segment : elf.segments()) {
      int index = loaded.indexOf(segment);
      putProgramHeader(out, index >= 0 ? written.get(index) : moved(segment, loaded, written));
    }
    for (int i = 0; i < loaded.size(); i++) {
      System.arraycopy(
          elf.bytes(),
          (int) loaded.get(i).offset(),
          file,
          (int) written.get(i).offset(),
          (int) written.get(i).fileSize());
    }
    return file;
  }

  /** A segment that lies within a loaded one, as the notes do, and moves with it. */
  private static ElfFile.Segment moved(
      ElfFile.Segment segment, List<ElfFile.Segment> loaded, List<ElfFile.Segment> written) {
    for (int i = 0; i < loaded.size(); i++) {
      if (liesWithin(segment, loaded.get(i))) {
        long moved = written.get(i).offset() - loaded.get(i).offset();
        return at(segment, segment.offset() + moved, segment.fileSize(), segment.alignment());
      }
    }
    return at(segment, 0, 0, segment.alignment());
  }

  private static ElfFile.Segment at(
      ElfFile.Segment segment, long offset, long fileSize, long alignment) {
    return new ElfFile.Segment(
        segment.type(),
        segment.flags(),
        offset,
        segment.virtualAddress(),
        segment.physicalAddress(),
        fileSize,
        segment.memorySize(),
        alignment);
  }

  /** Up to where other segments, which the loader reads too, lie within a loaded one. */
  private static long endOfParts(ElfFile elf, ElfFile.Segment loaded) {
    return elf.segments().stream()
        .filter(part -> part.type() != ElfFile.PT_LOAD && liesWithin(part, loaded))
        .mapToLong(part -> part.offset() - loaded.offset() + part.fileSize())
        .max()
        .orElse(0);
  }

  private static boolean liesWithin(ElfFile.Segment part, ElfFile.Segment loaded) {
    long within = part.offset() - loaded.offset();
    return within >= 0 && within + part.fileSize() <= loaded.fileSize();
  }

  private static long sizeWithoutZeros(ByteBuffer content) {
    int size = content.remaining();
    while (size > 0 && content.get(size - 1) == 0) {
      size--;
    }
    return size;
  }

  private static void putHeader(ByteBuffer out, ElfFile elf) {
    out.put(elf.bytes(), 0, ElfFile.HEADER_SIZE);
    out.putLong(32, ElfFile.HEADER_SIZE);
    out.putLong(40, 0);
    out.putShort(58, (short) ElfFile.HEADER_SIZE);
    out.putShort(60, (short) 0);
    out.putShort(62, (short) 0);
  }

  private static void putProgramHeader(ByteBuffer out, ElfFile.Segment segment) {
    out.putInt(segment.type());
    out.putInt(segment.flags());
    out.putLong(segment.offset());
    out.putLong(segment.virtualAddress());
    out.putLong(segment.physicalAddress());
    out.putLong(segment.fileSize());
    out.putLong(segment.memorySize());
    out.putLong(segment.alignment());
  }

  private static long aligned(long value, long alignment) {
    return (value + alignment - 1) / alignment * alignment;
  }
}

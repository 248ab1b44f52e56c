package dev.bulkhead.hypervisor;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import java.util.Arrays;

/**
 * A kernel file, looked into before a hypervisor is given it, so that a wrong file is named instead
 * of a machine that hangs.
 *
 * @param format how it boots
 * @param memoryEnd the first address of the guest's memory that neither the kernel's code nor its
 *     data needs, in bytes
 */
public record KernelImage(Format format, long memoryEnd) {
  /** The formats that are understood, all for x86-64. */
  public enum Format {
    /**
     * An ELF file with a PVH entry note, as vmlinux is; see Linux's Documentation/arch/x86/boot.
     */
    PVH_ELF,
    /** The compressed kernel of distributions, as vmlinuz is. */
    BZ_IMAGE
  }

  /** Where the bytes of a file come from. */
  interface Source {
    long size();

    /** The bytes from {@code offset} on, fewer at the end of the file. */
    byte[] read(long offset, int length);
  }

  private static final int EM_X86_64 = 62;
  private static final int PT_LOAD = 1;
  private static final int PT_NOTE = 4;
  private static final int PROGRAM_HEADER_SIZE = 56;
  private static final int MOST_PROGRAM_HEADERS = 64;
  private static final int MOST_NOTE_BYTES = 1 << 16;
  private static final int XEN_ELFNOTE_PHYS32_ENTRY = 18;
  private static final int BZ_HEADER_END = 0x264;
  private static final long BZ_LOAD_ADDRESS = 1 << 20;

  /**
   * The memory in MiB below which a machine cannot get as far as its first process: kernel, initrd
   * as the file and unpacked, which are of one size if it is not compressed, and what the kernel
   * allocates until then, which was 10 MiB with Debian's. What that process needs comes on top.
   */
  public int leastMemoryMib(long initrdBytes) {
    long bytes = memoryEnd + (10L << 20) + initrdBytes * 2;
    return (int) Math.min(Integer.MAX_VALUE, (bytes >> 20) + 1);
  }

  /**
   * Looks into an opened kernel file, whose name is its path.
   *
   * @throws HypervisorException if it is no kernel of a known format
   * @throws dev.bulkhead.linux.LinuxException if it cannot be read
   */
  public static KernelImage inspect(Fd file) {
    return parse(file.name(), new FileSource(file, Files.status(file).size()));
  }

  private record FileSource(Fd fd, long size) implements Source {
    @Override
    public byte[] read(long offset, int length) {
      byte[] bytes = new byte[length];
      fd.seek(offset);
      int count = 0;
      int last = 1;
      while (count < length && last > 0) {
        last = fd.read(bytes, count, length - count);
        count += Math.max(0, last);
      }
      return Arrays.copyOf(bytes, count);
    }
  }

  /** As {@link #inspect}, of bytes from anywhere. */
  static KernelImage parse(String path, Source source) {
    byte[] head = source.read(0, BZ_HEADER_END);
    if (head.length >= 64 && number(head, 0, 4) == 0x464c457fL) {
      return parseElf(path, source, head);
    }
    if (head.length == BZ_HEADER_END
        && number(head, 0x1fe, 2) == 0xaa55
        && number(head, 0x202, 4) == 0x53726448L) {
      return parseBzImage(path, source, head);
    }
    throw new HypervisorException(
        "'"
            + path
            + "' is no Linux kernel for x86-64: it is neither an ELF file (vmlinux) nor a bzImage"
            + " (vmlinuz)");
  }

  private static KernelImage parseElf(String path, Source source, byte[] head) {
    long headersAt = number(head, 0x20, 8);
    int headerCount = (int) number(head, 0x38, 2);
    if (head[4] != 2
        || head[5] != 1
        || number(head, 0x12, 2) != EM_X86_64
        || number(head, 0x36, 2) != PROGRAM_HEADER_SIZE
        || headerCount > MOST_PROGRAM_HEADERS
        || headersAt < 0
        || headersAt > source.size()) {
      throw new HypervisorException(
          "'" + path + "' is an ELF file, but no Linux kernel for x86-64");
    }
    byte[] headers = source.read(headersAt, headerCount * PROGRAM_HEADER_SIZE);
    boolean entryFound = false;
    long memoryEnd = 0;
    for (int at = 0; at + PROGRAM_HEADER_SIZE <= headers.length; at += PROGRAM_HEADER_SIZE) {
      int type = (int) number(headers, at, 4);
      long offset = number(headers, at + 8, 8);
      long address = number(headers, at + 24, 8);
      long fileSize = number(headers, at + 32, 8);
      long memorySize = number(headers, at + 40, 8);
      if (type == PT_LOAD || type == PT_NOTE) {
        if (offset < 0 || fileSize < 0 || fileSize > source.size() - offset) {
          throw truncated(path);
        }
      }
      if (type == PT_LOAD) {
        if (address < 0 || memorySize < 0 || address + memorySize < 0) {
          throw new HypervisorException("the kernel '" + path + "' has a broken program header");
        }
        memoryEnd = Math.max(memoryEnd, address + memorySize);
      } else if (type == PT_NOTE) {
        byte[] notes = source.read(offset, (int) Math.min(fileSize, MOST_NOTE_BYTES));
        entryFound |= hasPvhEntry(notes);
      }
    }
    if (!entryFound) {
      throw new HypervisorException(
          "the kernel '"
              + path
              + "' has no PVH entry: it was built without CONFIG_PVH, so use its bzImage instead");
    }
    return new KernelImage(Format.PVH_ELF, memoryEnd);
  }

  private static boolean hasPvhEntry(byte[] notes) {
    int at = 0;
    while (at + 12 <= notes.length) {
      long nameSize = number(notes, at, 4);
      long contentSize = number(notes, at + 4, 4);
      long type = number(notes, at + 8, 4);
      if (type == XEN_ELFNOTE_PHYS32_ENTRY
          && nameSize == 4
          && at + 16 <= notes.length
          && number(notes, at + 12, 4) == 0x006e6558L) {
        return true;
      }
      long next = at + 12 + (nameSize + 3) / 4 * 4 + (contentSize + 3) / 4 * 4;
      if (next > notes.length) {
        return false;
      }
      at = (int) next;
    }
    return false;
  }

  private static KernelImage parseBzImage(String path, Source source, byte[] head) {
    long setupSectors = head[0x1f1] == 0 ? 4 : head[0x1f1] & 0xff;
    long compressedSize = number(head, 0x1f4, 4) * 16;
    if ((setupSectors + 1) * 512 + compressedSize > source.size()) {
      throw truncated(path);
    }
    long unpackedSize = number(head, 0x260, 4);
    return new KernelImage(
        Format.BZ_IMAGE, BZ_LOAD_ADDRESS + Math.max(compressedSize, unpackedSize));
  }

  private static HypervisorException truncated(String path) {
    return new HypervisorException("the kernel '" + path + "' is cut short: copy it again");
  }

  /** A number of {@code length} bytes, the lowest first; 8 bytes may come out negative. */
  private static long number(byte[] bytes, int at, int length) {
    long value = 0;
    for (int i = length - 1; i >= 0; i--) {
      value = value << 8 | (bytes[at + i] & 0xff);
    }
    return value;
  }
}

package dev.bulkhead.runtime.template;

import dev.bulkhead.linux.MachineCode;

/**
 * A program that takes memory which others have freed, so that the kernel empties it, and ends.
 *
 * <p>QEMU keeps what it has translated of a program until the program's memory is written to. When
 * a container's files are read into memory where another program's code was, each of its hundreds
 * of translations is thrown away one by one, and each time QEMU forgets by what address it finds
 * all others. After this program a guest has none of these.
 */
final class MemorySweep {
  private static final int HEADERS = 64 + 56;
  private static final int ADDRESS = 0x400000;

  private static final byte[] CODE =
      MachineCode.of(
          "b8 09 00 00 00", // mov eax, SYS_mmap
          "31 ff", // xor edi, edi
          "be 00 00 00 04", // mov esi, 64 MiB
          "ba 03 00 00 00", // mov edx, PROT_READ | PROT_WRITE
          "41 ba 22 00 00 00", // mov r10d, MAP_PRIVATE | MAP_ANONYMOUS
          "49 c7 c0 ff ff ff ff", // mov r8, -1
          "45 31 c9", // xor r9d, r9d
          "0f 05", // syscall
          "48 89 c7", // mov rdi, rax
          // Not by huge pages: those would be of memory that nobody has used.
          "ba 0f 00 00 00", // mov edx, MADV_NOHUGEPAGE
          "b8 1c 00 00 00", // mov eax, SYS_madvise
          "0f 05", // syscall
          "ba 17 00 00 00", // mov edx, MADV_POPULATE_WRITE
          "b8 1c 00 00 00", // mov eax, SYS_madvise
          "0f 05", // syscall
          "89 c7", // mov edi, eax
          "b8 3c 00 00 00", // mov eax, SYS_exit
          "0f 05"); // syscall

  private final byte[] file = new byte[HEADERS + CODE.length];
  private int length;

  private MemorySweep() {
    put(4, 0x464c457f); // ELF,
    put(4, 0x00010102); // of 64 bits, little-endian
    put(8, 0);
    put(2, 2); // a program
    put(2, 62); // of x86-64
    put(4, 1);
    put(8, ADDRESS + HEADERS); // begins here
    put(8, 64); // its segments' table
    put(8, 0);
    put(4, 0);
    put(2, 64);
    put(2, 56);
    put(2, 1); // of one entry
    put(6, 0);
    put(4, 1); // to be loaded,
    put(4, 5); // read and executed
    put(8, 0);
    put(8, ADDRESS);
    put(8, ADDRESS);
    put(8, file.length);
    put(8, file.length);
    put(8, 0x1000);
    for (byte value : CODE) {
      put(1, value);
    }
  }

  private void put(int bytes, long value) {
    for (int i = 0; i < bytes; i++) {
      file[length++] = (byte) (value >>> (8 * i));
    }
  }

  /** The program's file: a static one for Linux on x86-64, which ends with 0 if all went well. */
  static byte[] program() {
    return new MemorySweep().file;
  }
}

package dev.bulkhead.runtime.template;

/**
 * A program that takes memory which others have freed, so that the kernel empties it, and ends.
 *
 * <p>QEMU keeps what it has translated of a program until the program's memory is written to. When
 * a container's files are read into memory where another program's code was, each of its hundreds
 * of translations is thrown away one by one, and each time QEMU forgets by what address it finds
 * all others. After this program a guest has none of these.
 */
final class MemorySweep {
  private static final int SIZE = 64 << 20;
  private static final int HEADERS = 64 + 56;
  private static final int ADDRESS = 0x400000;

  private static final int[] CODE = {
    0xb8,
    9,
    0,
    0,
    0, // mov eax, SYS_mmap
    0x31,
    0xff, // xor edi, edi
    0xbe,
    0,
    0,
    0,
    SIZE >>> 24, // mov esi, SIZE
    0xba,
    3,
    0,
    0,
    0, // mov edx, PROT_READ | PROT_WRITE
    0x41,
    0xba,
    0x22,
    0,
    0,
    0, // mov r10d, MAP_PRIVATE | MAP_ANONYMOUS
    0x49,
    0xc7,
    0xc0,
    0xff,
    0xff,
    0xff,
    0xff, // mov r8, -1
    0x45,
    0x31,
    0xc9, // xor r9d, r9d
    0x0f,
    0x05, // syscall
    0x48,
    0x89,
    0xc7, // mov rdi, rax
    // Not by huge pages: those would be of memory that nobody has used.
    0xba,
    15,
    0,
    0,
    0, // mov edx, MADV_NOHUGEPAGE
    0xb8,
    28,
    0,
    0,
    0, // mov eax, SYS_madvise
    0x0f,
    0x05, // syscall
    0xba,
    23,
    0,
    0,
    0, // mov edx, MADV_POPULATE_WRITE
    0xb8,
    28,
    0,
    0,
    0, // mov eax, SYS_madvise
    0x0f,
    0x05, // syscall
    0x89,
    0xc7, // mov edi, eax
    0xb8,
    60,
    0,
    0,
    0, // mov eax, SYS_exit
    0x0f,
    0x05, // syscall
  };

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
    for (int value : CODE) {
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

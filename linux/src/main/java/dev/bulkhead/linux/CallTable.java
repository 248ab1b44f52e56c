package dev.bulkhead.linux;

import java.util.ArrayList;
import java.util.List;
import org.teavm.interop.Address;

/**
 * System calls that a forked child executes while it has no program: when its memory is taken away
 * and filled anew nothing but this table's pages is left of what it was. They lie at an address
 * where no program has anything, shared between parent and child, and hold a loop of a few
 * instructions and for each call its number, six arguments and the kernel's answer, of eight bytes
 * each.
 */
public final class CallTable implements AutoCloseable {
  /** Where the pages begin: far from where x86-64 places programs, libraries and stacks. */
  public static final long ADDRESS = 0x1000_0000_0000L;

  /** The end of what a process may have. */
  public static final long END_OF_MEMORY = 0x7fff_ffff_f000L;

  private static final int PAGE = 4096;

  private static final int PROT_ALL = 7;
  private static final int MAP_SHARED_ANONYMOUS = 0x21;
  private static final int MAP_FIXED_NOREPLACE = 0x100000;
  private static final int ENTRY = 64;
  private static final int RESULT = 56;
  private static final long END_MARK = -1;
  private static final int LARGEST_ERROR = 4095;

  // rbx points to an entry. A result is stored, the next entry taken; the mark ends in a trap.
  private static final byte[] CODE =
      MachineCode.of(
          "48 8b 03", // loop: mov rax, [rbx]
          "48 83 f8 ff", // cmp rax, -1
          "74 24", // je end
          "48 8b 7b 08", // mov rdi, [rbx + 8]
          "48 8b 73 10", // mov rsi, [rbx + 16]
          "48 8b 53 18", // mov rdx, [rbx + 24]
          "4c 8b 53 20", // mov r10, [rbx + 32]
          "4c 8b 43 28", // mov r8, [rbx + 40]
          "4c 8b 4b 30", // mov r9, [rbx + 48]
          "0f 05", // syscall
          "48 89 43 38", // mov [rbx + 56], rax
          "48 83 c3 40", // add rbx, 64
          "eb d3", // jmp loop
          "cc"); // end: int3

  private final int size;
  private final int dataAt;
  private final List<String> names = new ArrayList<>();
  private int dataUsed;
  private boolean open = true;

  private CallTable(int size, int dataAt) {
    this.size = size;
    this.dataAt = dataAt;
  }

  /**
   * Makes a table.
   *
   * @param calls how many it holds at most
   * @param dataBytes how much the calls point to at most
   * @throws LinuxException if something lies there, or the kernel allows no such pages
   */
  public static CallTable create(int calls, int dataBytes) {
    int dataAt = PAGE + (calls + 1) * ENTRY;
    int size = (dataAt + dataBytes + PAGE - 1) / PAGE * PAGE;
    Address address =
        Libc.mmap(
            Address.fromLong(ADDRESS),
            size,
            PROT_ALL,
            MAP_SHARED_ANONYMOUS | MAP_FIXED_NOREPLACE,
            -1,
            0);
    if (address.toLong() != ADDRESS) {
      throw LinuxException.last("mmap", "table of system calls");
    }
    for (int i = 0; i < CODE.length; i++) {
      address.add(i).putByte(CODE[i]);
    }
    return new CallTable(size, dataAt);
  }

  /** The first address behind it. */
  public long end() {
    return ADDRESS + size;
  }

  /** Forgets all calls and data. */
  public void clear() {
    names.clear();
    dataUsed = 0;
  }

  /** Adds a call. */
  public void add(String name, long number, long... arguments) {
    Address entry = entry(names.size());
    if (entry.toLong() + 2 * ENTRY > ADDRESS + dataAt) {
      throw new IllegalStateException("more than " + names.size() + " calls in a table");
    }
    names.add(name);
    entry.putLong(number);
    for (int i = 0; i < 6; i++) {
      entry.add((i + 1) * 8).putLong(i < arguments.length ? arguments[i] : 0);
    }
    entry.add(RESULT).putLong(0);
    entry.add(ENTRY).putLong(END_MARK);
  }

  private static Address entry(int index) {
    return Address.fromLong(ADDRESS + PAGE + (long) index * ENTRY);
  }

  /** Puts down what calls point to, and answers where it is. */
  public long data(byte[] bytes) {
    long at = ADDRESS + dataAt + dataUsed;
    if (at + bytes.length > end()) {
      throw new IllegalStateException("more than " + dataUsed + " bytes of data in a table");
    }
    Libc.memcpy(Address.fromLong(at), Address.ofData(bytes), bytes.length);
    dataUsed += (bytes.length + 7) / 8 * 8;
    return at;
  }

  /** As {@link #data(byte[])}, of numbers of eight bytes. */
  public long data(long... numbers) {
    byte[] bytes = new byte[numbers.length * 8];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (numbers[i / 8] >>> (i % 8 * 8));
    }
    return data(bytes);
  }

  /** The registers by which a thread begins with the first call. */
  Registers start(Registers registers) {
    return registers
        .with(Registers.RIP, ADDRESS)
        .with(Registers.RBX, entry(0).toLong())
        .with(Registers.ORIG_RAX, -1);
  }

  /** Throws if a call failed. */
  void check() {
    for (int i = 0; i < names.size(); i++) {
      long result = entry(i).add(RESULT).getLong();
      if (result < 0 && result >= -LARGEST_ERROR) {
        throw new LinuxException(names.get(i), "in a child", (int) -result);
      }
    }
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      Libc.munmap(Address.fromLong(ADDRESS), size);
    }
  }
}

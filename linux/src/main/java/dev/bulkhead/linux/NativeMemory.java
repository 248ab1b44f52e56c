package dev.bulkhead.linux;

import java.util.List;
import org.teavm.interop.Address;

/**
 * A block of memory that does not move, for what the kernel reads through pointers. Its maker owns
 * and closes it.
 */
final class NativeMemory implements AutoCloseable {
  private final Address address;
  private final int size;
  private boolean closed;

  /** A block of {@code size} zero bytes. */
  NativeMemory(int size) {
    this.address = Libc.malloc(Math.max(1, size));
    if (address.toLong() == 0) {
      throw new LinuxException("malloc", Integer.toString(size), Errno.ENOMEM);
    }
    this.size = size;
    Address.fillZero(address, size);
  }

  /**
   * A null-terminated array of pointers to strings, as execve takes it, with the strings behind the
   * pointers in the same block.
   */
  static NativeMemory stringArray(List<String> strings) {
    int table = (strings.size() + 1) * 8;
    int total = table;
    byte[][] encoded = new byte[strings.size()][];
    for (int i = 0; i < encoded.length; i++) {
      encoded[i] = CString.of(strings.get(i));
      total += encoded[i].length;
    }
    NativeMemory memory = new NativeMemory(total);
    int offset = table;
    for (int i = 0; i < encoded.length; i++) {
      memory.address.add(i * 8).putLong(memory.address.add(offset).toLong());
      memory.put(offset, encoded[i], 0, encoded[i].length);
      offset += encoded[i].length;
    }
    return memory;
  }

  Address address() {
    if (closed) {
      throw new IllegalStateException("memory is closed");
    }
    return address;
  }

  Address at(int offset, int length) {
    if (offset < 0 || length < 0 || offset > size - length) {
      throw new IndexOutOfBoundsException("memory of " + size + " bytes: " + offset);
    }
    return address().add(offset);
  }

  int size() {
    return size;
  }

  int getInt(int offset) {
    return at(offset, 4).getInt();
  }

  void putInt(int offset, int value) {
    at(offset, 4).putInt(value);
  }

  long getLong(int offset) {
    return at(offset, 8).getLong();
  }

  void putLong(int offset, long value) {
    at(offset, 8).putLong(value);
  }

  void putShort(int offset, int value) {
    at(offset, 2).putShort((short) value);
  }

  int getShort(int offset) {
    return at(offset, 2).getShort() & 0xffff;
  }

  int getByte(int offset) {
    return at(offset, 1).getByte() & 0xff;
  }

  void putByte(int offset, int value) {
    at(offset, 1).putByte((byte) value);
  }

  void putPointer(int offset, Address value) {
    at(offset, 8).putLong(value.toLong());
  }

  void put(int offset, byte[] bytes, int from, int length) {
    if (from < 0 || length < 0 || from > bytes.length - length) {
      throw new IndexOutOfBoundsException("array of " + bytes.length + " bytes: " + from);
    }
    Libc.memcpy(at(offset, length), Address.ofData(bytes).add(from), length);
  }

  void get(int offset, byte[] bytes, int to, int length) {
    if (to < 0 || length < 0 || to > bytes.length - length) {
      throw new IndexOutOfBoundsException("array of " + bytes.length + " bytes: " + to);
    }
    Libc.memcpy(Address.ofData(bytes).add(to), at(offset, length), length);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Libc.free(address);
    }
  }
}

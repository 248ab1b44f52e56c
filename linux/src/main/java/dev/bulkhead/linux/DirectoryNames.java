package dev.bulkhead.linux;

import java.util.ArrayList;
import java.util.List;
import org.teavm.interop.Address;

/**
 * The names in an open directory, without "." and "..", in pieces, as a hostile directory may have
 * more than fit into memory.
 */
final class DirectoryNames implements AutoCloseable {
  private static final int HEADER = 19;

  private final Fd directory;
  private final NativeMemory buffer = new NativeMemory(8 << 10);

  /** Reads from the directory's position on. */
  DirectoryNames(Fd directory) {
    this.directory = directory;
  }

  /** Some more, each ended by a zero byte; none at the end. */
  List<byte[]> next() {
    List<byte[]> names = new ArrayList<>();
    boolean more = true;
    while (more && names.isEmpty()) {
      long count =
          Libc.syscall(
              SystemCalls.GETDENTS64,
              directory.number(),
              buffer.address(),
              Address.fromLong(buffer.size()),
              0,
              0);
      LinuxException.check(count, "getdents", directory.name());
      for (int offset = 0; offset < count; offset += buffer.getShort(offset + 16)) {
        byte[] name = name(offset + HEADER);
        boolean self = name.length == 2 && name[0] == '.';
        boolean parent = name.length == 3 && name[0] == '.' && name[1] == '.';
        if (!self && !parent) {
          names.add(name);
        }
      }
      more = count > 0;
    }
    return names;
  }

  private byte[] name(int start) {
    int length = 0;
    while (buffer.getByte(start + length) != 0) {
      length++;
    }
    byte[] name = new byte[length + 1];
    buffer.get(start, name, 0, length);
    return name;
  }

  @Override
  public void close() {
    buffer.close();
  }
}

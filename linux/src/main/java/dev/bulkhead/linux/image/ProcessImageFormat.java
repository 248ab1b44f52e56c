package dev.bulkhead.linux.image;

import dev.bulkhead.linux.Registers;
import dev.bulkhead.linux.Tracee;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A process's image as bytes, and back. */
public final class ProcessImageFormat {
  private static final int MAGIC = 0x42_68_50_31;
  private static final int MOST_ITEMS = 1 << 20;
  private static final int LARGEST_PIECE = 1 << 20;

  private ProcessImageFormat() {}

  /** Writes an image. */
  public static byte[] write(ProcessImage image) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      new Writer(new DataOutputStream(bytes)).image(image);
    } catch (IOException e) {
      throw new IllegalStateException("memory cannot be written to", e);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads an image.
   *
   * @throws ProcessImageException if the bytes are of none
   */
  public static ProcessImage read(byte[] bytes) {
    try {
      return new Reader(new DataInputStream(new ByteArrayInputStream(bytes))).image();
    } catch (IOException e) {
      throw new ProcessImageException("the image of a process is spoilt", e);
    }
  }

  private interface Item<T> {
    void write(T item) throws IOException;
  }

  private interface Source<T> {
    T read() throws IOException;
  }

  private record Writer(DataOutputStream out) {
    void image(ProcessImage image) throws IOException {
      out.writeInt(MAGIC);
      out.writeUTF(image.bootId());
      out.writeUTF(image.program());
      all(image.files(), this::file);
      all(image.regions(), this::region);
      longs(image.layout().values());
      all(image.threads(), this::thread);
      bytes(image.signalActions());
      all(image.filters(), this::bytes);
      all(image.descriptors(), this::descriptor);
    }

    private <T> void all(List<T> items, Item<T> writer) throws IOException {
      out.writeInt(items.size());
      for (T item : items) {
        writer.write(item);
      }
    }

    private void longs(long... values) throws IOException {
      for (long value : values) {
        out.writeLong(value);
      }
    }

    private void bytes(byte[] bytes) throws IOException {
      out.writeInt(bytes.length);
      out.write(bytes, 0, bytes.length);
    }

    private void file(MappedFile file) throws IOException {
      out.writeUTF(file.path());
      longs(file.inode(), file.size(), file.modifiedNanos(), file.changedNanos());
    }

    private void region(SavedRegion region) throws IOException {
      switch (region) {
        case SavedRegion.OfFile(long start, long length, int access, int file, long offset) -> {
          out.writeByte(0);
          longs(start, length, access, file, offset);
        }
        case SavedRegion.Empty(long start, long length, int access) -> {
          out.writeByte(1);
          longs(start, length, access);
        }
        case SavedRegion.OfImage(long start, long length, int access, long offset) -> {
          out.writeByte(2);
          longs(start, length, access, offset);
        }
        case SavedRegion.Copied(long start, long length, long offset) -> {
          out.writeByte(3);
          longs(start, length, offset);
        }
        case SavedRegion.Kernels(long start, long length, String name) -> {
          out.writeByte(4);
          longs(start, length);
          out.writeUTF(name);
        }
      }
    }

    private void thread(SavedThread thread) throws IOException {
      out.writeInt(thread.id());
      longs(thread.registers().values());
      bytes(thread.extended());
      longs(
          thread.signalMask(),
          thread.robustList().head(),
          thread.robustList().size(),
          thread.sequence().address(),
          thread.sequence().size(),
          thread.sequence().signature(),
          thread.clearAtEnd());
    }

    private void descriptor(SavedDescriptor descriptor) throws IOException {
      switch (descriptor) {
        case SavedDescriptor.Given(int number, boolean nonBlocking) -> {
          out.writeByte(0);
          out.writeInt(number);
          out.writeBoolean(nonBlocking);
        }
        case SavedDescriptor.Opened(int number, String path, int flags) -> {
          out.writeByte(1);
          out.writeInt(number);
          out.writeUTF(path);
          out.writeInt(flags);
        }
        case SavedDescriptor.Counter(
                int number,
                long count,
                boolean nonBlocking,
                boolean semaphore) -> {
          out.writeByte(2);
          out.writeInt(number);
          out.writeLong(count);
          out.writeBoolean(nonBlocking);
          out.writeBoolean(semaphore);
        }
        case SavedDescriptor.SignalQueue(int number, long signals, boolean nonBlocking) -> {
          out.writeByte(3);
          out.writeInt(number);
          out.writeLong(signals);
          out.writeBoolean(nonBlocking);
        }
        case SavedDescriptor.Poll(int number) -> {
          out.writeByte(4);
          out.writeInt(number);
        }
      }
    }
  }

  private record Reader(DataInputStream in) {
    ProcessImage image() throws IOException {
      if (in.readInt() != MAGIC) {
        throw new IOException("another format");
      }
      return new ProcessImage(
          in.readUTF(),
          in.readUTF(),
          all(this::file),
          all(this::region),
          MemoryLayout.of(longs(11)),
          all(this::thread),
          bytes(),
          all(this::bytes),
          all(this::descriptor));
    }

    private <T> List<T> all(Source<T> source) throws IOException {
      int count = in.readInt();
      if (count < 0 || count > MOST_ITEMS) {
        throw new IOException(count + " items");
      }
      List<T> items = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        items.add(source.read());
      }
      return items;
    }

    private long[] longs(int count) throws IOException {
      long[] values = new long[count];
      for (int i = 0; i < count; i++) {
        values[i] = in.readLong();
      }
      return values;
    }

    private byte[] bytes() throws IOException {
      int count = in.readInt();
      if (count < 0 || count > LARGEST_PIECE) {
        throw new IOException(count + " bytes");
      }
      byte[] bytes = new byte[count];
      in.readFully(bytes);
      return bytes;
    }

    private MappedFile file() throws IOException {
      return new MappedFile(
          in.readUTF(), in.readLong(), in.readLong(), in.readLong(), in.readLong());
    }

    private SavedRegion region() throws IOException {
      int kind = in.readByte();
      long start = in.readLong();
      long length = in.readLong();
      return switch (kind) {
        case 0 ->
            new SavedRegion.OfFile(
                start, length, (int) in.readLong(), (int) in.readLong(), in.readLong());
        case 1 -> new SavedRegion.Empty(start, length, (int) in.readLong());
        case 2 -> new SavedRegion.OfImage(start, length, (int) in.readLong(), in.readLong());
        case 3 -> new SavedRegion.Copied(start, length, in.readLong());
        case 4 -> new SavedRegion.Kernels(start, length, in.readUTF());
        default -> throw new IOException("a region of kind " + kind);
      };
    }

    private SavedThread thread() throws IOException {
      int id = in.readInt();
      Registers registers = new Registers(longs(Registers.COUNT));
      byte[] extended = bytes();
      return new SavedThread(
          id,
          registers,
          extended,
          in.readLong(),
          new Tracee.RobustList(in.readLong(), in.readLong()),
          new Tracee.RestartableSequence(in.readLong(), (int) in.readLong(), (int) in.readLong()),
          in.readLong());
    }

    private SavedDescriptor descriptor() throws IOException {
      int kind = in.readByte();
      int number = in.readInt();
      return switch (kind) {
        case 0 -> new SavedDescriptor.Given(number, in.readBoolean());
        case 1 -> new SavedDescriptor.Opened(number, in.readUTF(), in.readInt());
        case 2 ->
            new SavedDescriptor.Counter(number, in.readLong(), in.readBoolean(), in.readBoolean());
        case 3 -> new SavedDescriptor.SignalQueue(number, in.readLong(), in.readBoolean());
        case 4 -> new SavedDescriptor.Poll(number);
        default -> throw new IOException("a descriptor of kind " + kind);
      };
    }
  }
}

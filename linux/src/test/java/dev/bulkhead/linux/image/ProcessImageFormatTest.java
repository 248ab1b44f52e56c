package dev.bulkhead.linux.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bulkhead.linux.Registers;
import dev.bulkhead.linux.Tracee;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ProcessImageFormatTest {
  private static ProcessImage image() {
    long[] registers = new long[Registers.COUNT];
    for (int i = 0; i < registers.length; i++) {
      registers[i] = -1L - i;
    }
    return new ProcessImage(
        "boot",
        "/usr/bin/x",
        List.of(new MappedFile("/usr/bin/x", 1, 2, 3, 4)),
        List.of(
            new SavedRegion.OfFile(0x1000, 0x2000, 5, 0, 0x3000),
            new SavedRegion.Empty(0x4000, 0x1000, 0),
            new SavedRegion.OfImage(0x5000, 0x1000, 7, 0x6000),
            new SavedRegion.Copied(0x7000, 0x1000, 0x8000),
            new SavedRegion.Kernels(0x9000, 0x1000, "[vdso]")),
        new MemoryLayout(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        List.of(
            new SavedThread(
                3,
                new Registers(registers),
                new byte[] {1, 2, 3},
                -5,
                new Tracee.RobustList(6, 7),
                new Tracee.RestartableSequence(8, 32, 0x53053053),
                9)),
        new byte[] {4, 5},
        List.of(new byte[] {6}, new byte[] {7, 8}),
        List.of(
            new SavedDescriptor.Given(1, true),
            new SavedDescriptor.Opened(2, "/share0", 0200000),
            new SavedDescriptor.Counter(3, 5, false, true),
            new SavedDescriptor.SignalQueue(4, 0x10, true),
            new SavedDescriptor.Poll(5)));
  }

  @Test
  void whatIsWrittenIsReadAgain() {
    ProcessImage image = image();
    byte[] bytes = ProcessImageFormat.write(image);
    ProcessImage read = ProcessImageFormat.read(bytes);
    assertEquals(image.bootId(), read.bootId());
    assertEquals(image.program(), read.program());
    assertEquals(image.files(), read.files());
    assertEquals(image.regions(), read.regions());
    assertEquals(image.layout(), read.layout());
    assertEquals(image.descriptors(), read.descriptors());
    assertEquals(List.of(1), read.givenNumbers());
    SavedThread thread = read.threads().getFirst();
    assertArrayEquals(image.threads().getFirst().registers().values(), thread.registers().values());
    assertEquals(image.threads().getFirst().sequence(), thread.sequence());
    assertArrayEquals(bytes, ProcessImageFormat.write(read));
  }

  @Test
  void aSpoiltImageIsRefused() {
    byte[] bytes = ProcessImageFormat.write(image());
    for (int length = 0; length < bytes.length; length++) {
      byte[] part = Arrays.copyOf(bytes, length);
      assertThrows(ProcessImageException.class, () -> ProcessImageFormat.read(part));
    }
    assertThrows(
        ProcessImageException.class, () -> ProcessImageFormat.read(new byte[bytes.length]));
  }
}

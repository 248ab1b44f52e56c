package dev.bulkhead.hypervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KernelImageTest {
  private static final int NOTES_AT = 0x1000;

  @Test
  void knowsAnElfKernelByItsPvhEntry() {
    assertEquals(
        new KernelImage(KernelImage.Format.PVH_ELF, 0x1000000 + 0x3000), parse(elf(18, "Xen\0")));
  }

  @Test
  void refusesAnElfFileWithoutPvhEntry() {
    assertTrue(refusal(elf(7, "Xen\0")).contains("no PVH entry"));
    assertTrue(refusal(elf(18, "GNU\0")).contains("no PVH entry"));
  }

  @Test
  void refusesAnElfFileOfAnotherMachine() {
    byte[] arm = elf(18, "Xen\0");
    arm[0x12] = (byte) 183;
    assertTrue(refusal(arm).contains("no Linux kernel for x86-64"));
  }

  @Test
  void refusesAFileCutShort() {
    byte[] elf = elf(18, "Xen\0");
    assertTrue(refusal(Arrays.copyOf(elf, elf.length - 1)).contains("cut short"));
    byte[] bzImage = bzImage();
    assertTrue(refusal(Arrays.copyOf(bzImage, bzImage.length - 1)).contains("cut short"));
  }

  @Test
  void knowsABzImage() {
    assertEquals(
        new KernelImage(KernelImage.Format.BZ_IMAGE, 0x100000 + 0x500000), parse(bzImage()));
  }

  @Test
  void knowsTheLeastMemory() {
    KernelImage kernel = new KernelImage(KernelImage.Format.PVH_ELF, 74 << 20);
    assertEquals(85, kernel.leastMemoryMib(0));
    assertEquals(89, kernel.leastMemoryMib(2 << 20));
    assertEquals(Integer.MAX_VALUE, kernel.leastMemoryMib(Long.MAX_VALUE / 8));
  }

  @Test
  void refusesOtherFilesByName() {
    assertTrue(refusal(new byte[0]).startsWith("'k' is no Linux kernel"));
    assertTrue(
        refusal("#!/bin/sh\n".repeat(100).getBytes(StandardCharsets.UTF_8)).startsWith("'k'"));
  }

  @Test
  void refusesNonsenseWithoutFailing() {
    Random random = new Random(4);
    for (int round = 0; round < 20_000; round++) {
      byte[] elf = elf(18, "Xen\0");
      for (int i = 0; i < 4; i++) {
        elf[4 + random.nextInt(0x300)] = (byte) random.nextInt();
        elf[NOTES_AT + random.nextInt(40)] = (byte) random.nextInt();
      }
      try {
        parse(elf);
      } catch (HypervisorException e) {
        assertTrue(e.getMessage().contains("'k'"));
      }
    }
  }

  private static String refusal(byte[] file) {
    return assertThrows(HypervisorException.class, () -> parse(file)).getMessage();
  }

  private static KernelImage parse(byte[] file) {
    return KernelImage.parse(
        "k",
        new KernelImage.Source() {
          @Override
          public long size() {
            return file.length;
          }

          @Override
          public byte[] read(long offset, int length) {
            int from = (int) Math.min(offset, file.length);
            return Arrays.copyOfRange(file, from, Math.min(file.length, from + length));
          }
        });
  }

  /** A kernel of one segment, with another note before the one that counts. */
  private static byte[] elf(int noteType, String noteName) {
    ByteBuffer file = ByteBuffer.allocate(0x2000).order(ByteOrder.LITTLE_ENDIAN);
    file.put(0, new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
    file.putShort(0x12, (short) 62).putLong(0x20, 0x40);
    file.putShort(0x36, (short) 56).putShort(0x38, (short) 2);
    programHeader(file, 0x40, 1, 0x1000, 0x1000000, 0x1000, 0x3000);
    programHeader(file, 0x40 + 56, 4, NOTES_AT, 0, 40, 40);
    file.putInt(NOTES_AT, 4).putInt(NOTES_AT + 4, 3).putInt(NOTES_AT + 8, 6);
    file.put(NOTES_AT + 12, "GNU\0abc".getBytes(StandardCharsets.UTF_8));
    file.putInt(NOTES_AT + 20, 4).putInt(NOTES_AT + 24, 4).putInt(NOTES_AT + 28, noteType);
    file.put(NOTES_AT + 32, noteName.getBytes(StandardCharsets.UTF_8));
    return file.array();
  }

  private static void programHeader(
      ByteBuffer file,
      int at,
      int type,
      long offset,
      long address,
      long fileSize,
      long memorySize) {
    file.putInt(at, type).putLong(at + 8, offset).putLong(at + 24, address);
    file.putLong(at + 32, fileSize).putLong(at + 40, memorySize);
  }

  private static byte[] bzImage() {
    ByteBuffer file = ByteBuffer.allocate(512 * 5 + 4096).order(ByteOrder.LITTLE_ENDIAN);
    file.put(0x1f1, (byte) 4).putInt(0x1f4, 4096 / 16).putShort(0x1fe, (short) 0xaa55);
    file.putInt(0x202, 0x53726448).putInt(0x260, 0x500000);
    return file.array();
  }
}

package dev.bulkhead.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class BzImageTest {
  private static final byte[] KERNEL = someKernel(300_000);

  @ParameterizedTest
  @EnumSource(KernelCompression.class)
  void extractsWhateverTheCompression(KernelCompression compression) throws Exception {
    assertArrayEquals(
        KERNEL, BzImage.extract(BzImageBuilder.image(compression, KERNEL), "vmlinuz"));
  }

  @Test
  void extractsSeveralBlocksOfLz4() throws Exception {
    byte[] kernel = someKernel((8 << 20) + 1234);
    assertArrayEquals(
        kernel, BzImage.extract(BzImageBuilder.image(KernelCompression.LZ4, kernel), "vmlinuz"));
  }

  @Test
  void takesNoSetupSectorsForFour() throws Exception {
    byte[] payload = BzImageBuilder.payload(KernelCompression.XZ, KERNEL);
    assertArrayEquals(KERNEL, BzImage.extract(BzImageBuilder.image(0, payload), "vmlinuz"));
  }

  @Test
  void refusesWhatIsNoImage() {
    refuses("vmlinuz is no kernel image for x86: it has no setup header", new byte[100_000]);
    refuses("vmlinuz is no kernel image: it has only 10 bytes", new byte[10]);
  }

  @Test
  void refusesAnImageThatIsCutShort() throws Exception {
    byte[] image = BzImageBuilder.image(KernelCompression.ZSTD, KERNEL);
    GuestException refusal =
        assertThrows(
            GuestException.class,
            () -> BzImage.extract(Arrays.copyOf(image, image.length / 2), "vmlinuz"));
    assertEquals("vmlinuz is cut short", refusal.getMessage().split(":", -1)[0]);
  }

  @Test
  void refusesAnOldProtocol() throws Exception {
    byte[] image = BzImageBuilder.image(KernelCompression.GZIP, KERNEL);
    image[0x206] = 7;
    refuses(
        "vmlinuz is a kernel from before 2.6.25, which does not say where its ELF file is", image);
  }

  @Test
  void namesTheKnownCompressionsForAnUnknownOne() {
    byte[] lzo = {(byte) 0x89, 'L', 'Z', 'O', 0, 13, 10, 26, 10, 0, 0, 0};
    refuses(
        "vmlinuz is compressed in a way that is not understood; these are:"
            + " [GZIP, XZ, ZSTD, LZ4, BZIP2, LZMA]",
        BzImageBuilder.image(4, lzo));
  }

  @ParameterizedTest
  @EnumSource(KernelCompression.class)
  void refusesAPayloadThatEndsEarly(KernelCompression compression) throws IOException {
    byte[] payload = BzImageBuilder.payload(compression, KERNEL);
    byte[] cut = Arrays.copyOf(payload, payload.length - 5000);
    // The size at the end is right, what is before it is too short.
    System.arraycopy(payload, payload.length - 4, cut, cut.length - 4, 4);
    assertThrows(
        GuestException.class, () -> BzImage.extract(BzImageBuilder.image(4, cut), "vmlinuz"));
  }

  @Test
  void refusesASizeThatIsNotTheKernels() throws IOException {
    byte[] payload = BzImageBuilder.payload(KernelCompression.XZ, KERNEL);
    payload[payload.length - 4]++;
    refuses(
        "vmlinuz is damaged: its kernel has not the "
            + (KERNEL.length + 1)
            + " bytes it should have",
        BzImageBuilder.image(4, payload));
  }

  @Test
  void refusesASizeThatNoKernelHas() throws IOException {
    byte[] payload = BzImageBuilder.payload(KernelCompression.XZ, KERNEL);
    payload[payload.length - 1] = (byte) 0xff;
    GuestException refusal =
        assertThrows(
            GuestException.class,
            () -> BzImage.extract(BzImageBuilder.image(4, payload), "vmlinuz"));
    assertEquals("vmlinuz is damaged", refusal.getMessage().split(":", -1)[0]);
  }

  private static void refuses(String message, byte[] image) {
    GuestException refusal =
        assertThrows(GuestException.class, () -> BzImage.extract(image, "vmlinuz"));
    assertEquals(message, refusal.getMessage());
  }

  /** Half of it compresses, half does not. */
  private static byte[] someKernel(int size) {
    byte[] kernel = new byte[size];
    new Random(42).nextBytes(kernel);
    Arrays.fill(kernel, 0, size / 2, (byte) 0);
    return kernel;
  }
}

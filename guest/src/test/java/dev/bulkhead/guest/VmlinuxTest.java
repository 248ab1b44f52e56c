package dev.bulkhead.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class VmlinuxTest {
  @Test
  void keepsWhatALoaderReads() throws Exception {
    byte[] kernel = ElfBuilder.kernel();
    ElfFile before = ElfFile.parse(kernel, "before");
    ElfFile after = ElfFile.parse(Vmlinux.of(kernel, "vmlinux"), "after");

    assertEquals(before.entry(), after.entry());
    assertEquals(before.segments().size(), after.segments().size());
    for (int i = 0; i < before.segments().size(); i++) {
      ElfFile.Segment was = before.segments().get(i);
      ElfFile.Segment is = after.segments().get(i);
      assertEquals(was.type(), is.type());
      assertEquals(was.flags(), is.flags());
      assertEquals(was.virtualAddress(), is.virtualAddress());
      assertEquals(was.physicalAddress(), is.physicalAddress());
      assertEquals(was.memorySize(), is.memorySize());
      assertEquals(content(before, was), padded(content(after, is), was.fileSize()));
    }
  }

  @Test
  void leavesOutZerosAndWhatFollows() throws Exception {
    byte[] kernel = ElfBuilder.kernel();
    byte[] withRelocations = Arrays.copyOf(kernel, kernel.length + 100_000);
    Arrays.fill(withRelocations, kernel.length, withRelocations.length, (byte) 9);

    byte[] made = Vmlinux.of(withRelocations, "vmlinux");

    ElfFile after = ElfFile.parse(made, "after");
    assertEquals(List.of(), after.sections());
    ElfFile.Segment data = after.segments().getLast();
    assertEquals(5000, data.fileSize());
    assertEquals(data.offset() + data.fileSize(), made.length);
    // Up to the end of the note, as the note itself ends with zeros.
    assertEquals(4096 + 24, after.segments().getFirst().fileSize());
  }

  @Test
  void placesSegmentsAsTheirAddressesWant() throws Exception {
    ElfFile made = ElfFile.parse(Vmlinux.of(ElfBuilder.kernel(), "vmlinux"), "after");
    for (ElfFile.Segment segment : made.segments()) {
      if (segment.type() == ElfFile.PT_LOAD) {
        assertEquals(segment.virtualAddress() % 4096, segment.offset() % 4096);
      }
    }
  }

  @Test
  void refusesAKernelWithoutPvhEntry() {
    byte[] note = ElfBuilder.xenNote(1);
    ElfBuilder kernel = ElfBuilder.executable();
    long offset = kernel.load(0x1000000, note, note.length);
    GuestException refusal =
        assertThrows(
            GuestException.class,
            () -> Vmlinux.of(kernel.notes(offset, note.length).build(), "the kernel"));
    assertEquals(
        "the kernel cannot be booted by PVH: take a kernel that was built with CONFIG_PVH=y",
        refusal.getMessage());
  }

  @Test
  void refusesANoteThatPointsOutside() {
    byte[] note = ElfBuilder.xenNote(1);
    note[1] = 1;
    ElfBuilder kernel = ElfBuilder.executable();
    long offset = kernel.load(0x1000000, note, note.length);
    GuestException refusal =
        assertThrows(
            GuestException.class,
            () -> Vmlinux.of(kernel.notes(offset, note.length).build(), "the kernel"));
    assertEquals("the kernel is damaged: a note points outside of it", refusal.getMessage());
  }

  @Test
  void refusesWhatIsNoElfFileForX86() {
    byte[] kernel = ElfBuilder.kernel();
    kernel[18] = (byte) 183;
    assertTrue(
        assertThrows(GuestException.class, () -> Vmlinux.of(kernel, "the kernel"))
            .getMessage()
            .startsWith("the kernel is for machine type 183, not for x86-64"));
    assertTrue(
        assertThrows(GuestException.class, () -> Vmlinux.of(new byte[4096], "the kernel"))
            .getMessage()
            .startsWith("the kernel is no 64-bit ELF file"));
  }

  @Test
  void refusesAFileCutAnywhere() {
    byte[] kernel = ElfBuilder.kernel();
    for (int length = 0; length < kernel.length; length += 97) {
      byte[] cut = Arrays.copyOf(kernel, length);
      assertThrows(GuestException.class, () -> Vmlinux.of(cut, "the kernel"));
    }
  }

  private static ByteBuffer content(ElfFile elf, ElfFile.Segment segment) {
    return elf.content(segment);
  }

  private static ByteBuffer padded(ByteBuffer content, long size) {
    byte[] bytes = new byte[(int) size];
    content.get(bytes, 0, content.remaining());
    return ByteBuffer.wrap(bytes);
  }
}

package dev.bulkhead.linux.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class SavedDescriptorTest {
  private static SavedDescriptor of(String target, String info) {
    return SavedDescriptor.of(9, target, "pos:\t0\nflags:\t" + info + "\nino:\t5\n", false);
  }

  @Test
  void whatCanBeMadeAnewIs() {
    assertEquals(
        new SavedDescriptor.Counter(9, 0x1f, true, false),
        of(
            "anon_inode:[eventfd]",
            "02004002\neventfd-count:               1f\neventfd-semaphore: 0"));
    assertEquals(
        new SavedDescriptor.Counter(9, 0, false, true),
        of("anon_inode:[eventfd]", "02000002\neventfd-count: 0\neventfd-semaphore: 1"));
    assertEquals(
        new SavedDescriptor.SignalQueue(9, 0x10002240, true),
        of("anon_inode:[signalfd]", "02004002\nsigmask:\t0000000010002240"));
    assertEquals(new SavedDescriptor.Poll(9), of("anon_inode:[eventpoll]", "02000002"));
    assertEquals(new SavedDescriptor.Opened(9, "/dev/null", 0100002), of("/dev/null", "0100002"));
    assertEquals(
        new SavedDescriptor.Opened(9, "/share0", 0300000),
        SavedDescriptor.of(9, "/share0", "flags:\t0300000\n", true));
    assertTrue(SavedDescriptor.nonBlocking("pos:\t0\nflags:\t04002\n"));
  }

  @Test
  void whatWouldBeTwoProcessesIsRefused() {
    for (String target : new String[] {"socket:[12]", "/etc/passwd", "pipe:[3]", "anon_inode:x"}) {
      String message =
          assertThrows(ProcessImageException.class, () -> of(target, "02")).getMessage();
      assertEquals("its descriptor 9 is of " + target, message);
    }
    assertThrows(
        ProcessImageException.class,
        () -> of("anon_inode:[eventpoll]", "02\ntfd:        5 events:       19 data: 5"));
  }
}

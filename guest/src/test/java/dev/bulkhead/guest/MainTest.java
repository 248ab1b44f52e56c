package dev.bulkhead.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

final class MainTest {
  @Test
  void saysWhatToDoAboutAFullDisk() {
    assertEquals(
        "the disk is full (/o/initrd.new: No space left on device); free some 700 MB and run this"
            + " again",
        Main.describe(new FileSystemException("/o/initrd.new", null, "No space left on device")));
    assertEquals(
        "the disk is full (No space left on device); free some 700 MB and run this again",
        Main.describe(new IOException("No space left on device")));
  }

  @Test
  void namesTheFile() {
    assertEquals("/f is missing; run this again", Main.describe(new NoSuchFileException("/f")));
    assertEquals(
        "/f must not be read or written by this user; run this as its owner",
        Main.describe(new AccessDeniedException("/f")));
    assertEquals(
        "/f cannot be read or written (Read-only file system)",
        Main.describe(new FileSystemException("/f", null, "Read-only file system")));
    assertEquals(
        "a file cannot be read or written (Input/output error)",
        Main.describe(new IOException("Input/output error")));
  }
}

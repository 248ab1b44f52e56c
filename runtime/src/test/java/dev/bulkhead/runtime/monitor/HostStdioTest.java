package dev.bulkhead.runtime.monitor;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.linux.FileStatus;
import org.junit.jupiter.api.Test;

class HostStdioTest {
  @Test
  void knowsWhichInputIsNothing() {
    assertTrue(HostStdio.isNothing(status(FileStatus.CHARACTER_DEVICE, 1, 3)));
    assertFalse(HostStdio.isNothing(status(FileStatus.CHARACTER_DEVICE, 1, 5)));
    assertFalse(HostStdio.isNothing(status(FileStatus.BLOCK_DEVICE, 1, 3)));
    assertFalse(HostStdio.isNothing(status(FileStatus.FIFO, 0, 0)));
  }

  private static FileStatus status(int type, int major, int minor) {
    return new FileStatus(type | 0666, 0, 0, 7, 0, 0, 0, 0, 5, major, minor);
  }
}

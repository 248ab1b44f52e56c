package dev.bulkhead.runtime.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MemorySweepTest {
  @Test
  void isAProgramThatEndsWell(@TempDir Path directory) throws Exception {
    Path program = Files.write(directory.resolve("sweep"), MemorySweep.program());
    assertTrue(program.toFile().setExecutable(true));
    Process process = new ProcessBuilder(program.toString()).start();
    assertEquals(0, process.waitFor());
  }
}

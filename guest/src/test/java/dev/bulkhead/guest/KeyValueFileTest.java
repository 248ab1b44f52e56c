package dev.bulkhead.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KeyValueFileTest {
  @TempDir private Path directory;

  @Test
  void writesSortedLinesAndReadsThem() throws Exception {
    Path file = directory.resolve("f");
    Map<String, String> values = Map.of("b", "2=2", "a.b", "x y", "c", "");
    KeyValueFile.write(file, values);
    assertEquals("a.b=x y\nb=2=2\nc=\n", Files.readString(file));
    assertEquals(values, KeyValueFile.read(file));
    assertFalse(Files.exists(WholeFiles.incomplete(file)));
  }

  @Test
  void readsNothingFromAFileThatIsMissingOrIsNone() throws Exception {
    assertEquals(Map.of(), KeyValueFile.read(directory.resolve("missing")));
    Path file = Files.writeString(directory.resolve("f"), "no such line\n=x\n\n");
    assertEquals(Map.of(), KeyValueFile.read(file));
  }
}

package dev.bulkhead.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.Test;

final class InitrdTest {
  private static final byte[] AGENT = "the agent".getBytes(StandardCharsets.UTF_8);
  private static final String INDEX = "a a.ko\nb b.ko a\n";
  private static final byte[] A = {1};
  private static final byte[] B = {2, 2, 2, 2, 2};

  private record Entry(CpioArchiveEntry header, byte[] content) {}

  @Test
  void holdsTheAgentTheModulesAndTheirIndex() throws IOException {
    Map<String, Entry> entries = entries(archive());
    assertArrayEquals(AGENT, entries.get("init").content);
    assertEquals(0100755, entries.get("init").header.getMode());
    assertArrayEquals(A, entries.get("lib/modules/a.ko").content);
    assertArrayEquals(B, entries.get("lib/modules/b.ko").content);
    assertEquals(
        INDEX, new String(entries.get("lib/modules/index").content, StandardCharsets.UTF_8));
  }

  @Test
  void hasTheDirectoriesToMountOn() throws IOException {
    Map<String, Entry> entries = entries(archive());
    for (String directory : new String[] {"dev", "proc", "sys", "run"}) {
      assertEquals(040755, entries.get(directory).header.getMode(), directory);
    }
    assertEquals(041777, entries.get("tmp").header.getMode());
  }

  @Test
  void hasAConsole() throws IOException {
    CpioArchiveEntry console = entries(archive()).get("dev/console").header;
    assertTrue(console.isCharacterDevice());
    assertEquals(5, console.getRemoteDeviceMaj());
    assertEquals(1, console.getRemoteDeviceMin());
  }

  @Test
  void putsDirectoriesBeforeWhatIsInThem() throws IOException {
    Map<String, Entry> entries = entries(archive());
    StringBuilder seen = new StringBuilder("\n");
    for (String name : entries.keySet()) {
      int slash = name.lastIndexOf('/');
      assertTrue(slash < 0 || seen.indexOf("\n" + name.substring(0, slash) + "\n") >= 0, name);
      seen.append(name).append('\n');
    }
  }

  @Test
  void givesEachEntryAnInodeOfItsOwn() throws IOException {
    Map<String, Entry> entries = entries(archive());
    assertEquals(
        entries.size(),
        entries.values().stream().map(entry -> entry.header.getInode()).distinct().count());
  }

  @Test
  void isTheSameForTheSameContent() throws IOException {
    assertArrayEquals(archive(), archive());
  }

  private static byte[] archive() throws IOException {
    Map<String, byte[]> modules = new LinkedHashMap<>();
    modules.put("a.ko", A);
    modules.put("b.ko", B);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Initrd.write(out, AGENT, INDEX, modules);
    return out.toByteArray();
  }

  private static Map<String, Entry> entries(byte[] archive) throws IOException {
    Map<String, Entry> entries = new LinkedHashMap<>();
    try (CpioArchiveInputStream in =
        new CpioArchiveInputStream(new ByteArrayInputStream(archive))) {
      for (CpioArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        entries.put(entry.getName(), new Entry(entry, in.readAllBytes()));
      }
    }
    return entries;
  }
}

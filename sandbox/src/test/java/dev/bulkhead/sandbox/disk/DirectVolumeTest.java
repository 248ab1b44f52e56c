package dev.bulkhead.sandbox.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.sandbox.SandboxException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DirectVolumeTest {
  @Test
  void readsWhatKatasCommandWrites() {
    DirectVolume volume =
        DirectVolume.fromJson(
            """
            {"volume-type": "block", "device": "/dev/sdf", "fstype": "ext4",
             "metadata": {"other": "x"}, "options": ["noatime"]}
            """);
    assertEquals(new DirectVolume("block", "/dev/sdf", "ext4", List.of("noatime")), volume);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"volume-type\": \"vfiovol\", \"device\": \"/dev/sdf\", \"fstype\": \"ext4\"}",
        "{\"volume-type\": \"block\", \"device\": \"sdf\", \"fstype\": \"ext4\"}",
        "{\"volume-type\": \"block\", \"device\": \"/dev/sdf\"}",
        "{\"volume-type\": \"block\", \"device\": \"/dev/sdf\", \"fstype\": \"ext4\","
            + " \"metadata\": {\"fsGroup\": \"4\"}}"
      })
  void refusesWhatItCannotMount(String text) {
    String sentence =
        assertThrows(SandboxException.class, () -> DirectVolume.fromJson(text)).getMessage();
    assertTrue(sentence.startsWith("the description of a direct volume "), sentence);
  }
}

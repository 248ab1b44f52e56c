package dev.bulkhead.runtime.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The configuration.toml that is installed tells the truth about every key. */
class ShippedConfigurationTest {
  private static final Path FILE = Path.of("src/main/config/configuration.toml");
  private static final String COMMENTED_KEY = "#[a-z0-9_]+ = .*";

  private static Configuration read(String text) throws ConfigurationException {
    return ConfigurationReader.read(List.of(new ConfigurationFile("configuration.toml", text)));
  }

  @Test
  void asItIsItSaysNothingButDefaults() throws Exception {
    Configuration defaults = ConfigurationReader.read(List.of());
    Configuration shipped = read(Files.readString(FILE));
    assertEquals(defaults.qemu(), shipped.qemu());
    assertEquals(defaults.agent(), shipped.agent());
    assertEquals(defaults.runtime(), shipped.runtime());
    assertEquals(defaults.images(), shipped.images());
  }

  @Test
  void theValuesInItAreTheDefaults() throws Exception {
    String text =
        Files.readString(FILE)
            .lines()
            .map(line -> line.matches(COMMENTED_KEY) ? line.substring(1) : line)
            .reduce("", (all, line) -> all + line + "\n");
    Configuration defaults = ConfigurationReader.read(List.of());
    Configuration shipped = read(text);
    assertEquals(defaults.qemu(), shipped.qemu());
    assertEquals(defaults.agent(), shipped.agent());
    assertEquals(defaults.runtime(), shipped.runtime());
    assertEquals(defaults.images(), shipped.images());
  }

  @Test
  void everyKeyIsInItOnceWithAWordAboutIt() throws IOException {
    List<String> names = new ArrayList<>();
    String section = "";
    String before = "";
    for (String line : Files.readAllLines(FILE)) {
      if (line.startsWith("[")) {
        section = line.substring(1, line.length() - 1);
      } else if (line.matches(COMMENTED_KEY)) {
        names.add(section + "." + line.substring(1, line.indexOf(' ')));
        assertTrue(before.startsWith("# "), "nothing is said about " + line);
      }
      before = line;
    }
    assertEquals(Keys.ALL.stream().map(Key::fullName).toList(), names);
  }
}

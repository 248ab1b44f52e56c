package dev.bulkhead.runtime.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bulkhead.runtime.config.ConfigurationPlaces.Place;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConfigurationPlacesTest {
  private static final Optional<String> NONE = Optional.empty();

  @Test
  void whatWasNamedIsTheOnlyPlace() {
    assertEquals(
        List.of(new Place("a.toml", Optional.of("--config"))),
        ConfigurationPlaces.places(Optional.of("a.toml"), Optional.of("b.toml"), NONE));
    assertEquals(
        List.of(new Place("b.toml", Optional.of("BULKHEAD_CONF_FILE"))),
        ConfigurationPlaces.places(NONE, Optional.of("b.toml"), Optional.of("/share")));
  }

  @Test
  void elseTheUsualPlacesInTheirOrder() {
    assertEquals(
        List.of(
            new Place("/etc/bulkhead/configuration.toml", NONE),
            new Place("/share/configuration.toml", NONE)),
        ConfigurationPlaces.places(NONE, Optional.of(""), Optional.of("/share")));
    assertEquals(1, ConfigurationPlaces.places(NONE, NONE, NONE).size());
  }

  @Test
  void dropInsAreReadInTheOrderOfTheirNames() {
    assertEquals("/etc/x/config.d", ConfigurationPlaces.dropInDirectory("/etc/x/a.toml"));
    assertEquals("config.d", ConfigurationPlaces.dropInDirectory("a.toml"));
    assertEquals(
        List.of("10-a.toml", "9-b.toml"),
        ConfigurationPlaces.dropIns(
            List.of("9-b.toml", "10-a.toml", "README", ".hidden.toml", "x.toml~")));
  }
}

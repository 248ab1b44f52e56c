package dev.bulkhead.runtime.config;

import dev.bulkhead.runtime.config.toml.TomlValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A key of the configuration.
 *
 * @param section the table that it stands in, as "hypervisor.qemu"
 * @param name its name there
 * @param expectation what is possible, as it follows "is needed:"
 * @param reader takes the value, or answers empty if it is none that is possible
 * @param defaultValue what holds without it
 * @param <T> what the value becomes
 */
record Key<T>(
    String section,
    String name,
    String expectation,
    Function<TomlValue, Optional<T>> reader,
    T defaultValue) {

  String fullName() {
    return section + "." + name;
  }

  static Key<Boolean> flag(String section, String name, boolean defaultValue) {
    return new Key<>(
        section,
        name,
        "true or false",
        value ->
            value instanceof TomlValue.Truth truth ? Optional.of(truth.value()) : Optional.empty(),
        defaultValue);
  }

  static Key<Integer> integer(
      String section, String name, int least, int most, String unit, int defaultValue) {
    return new Key<>(
        section,
        name,
        "a whole number of " + least + " to " + most + unit,
        value ->
            value instanceof TomlValue.Whole whole
                    && whole.value() >= least
                    && whole.value() <= most
                ? Optional.of((int) whole.value())
                : Optional.empty(),
        defaultValue);
  }

  static Key<String> text(String section, String name) {
    return new Key<>(section, name, "a string", Key::text, "");
  }

  /** An absolute path; it may be empty if that is the default. */
  static Key<String> path(String section, String name, String defaultValue) {
    return new Key<>(
        section,
        name,
        "an absolute path",
        value -> text(value).filter(path -> path.startsWith("/") || path.equals(defaultValue)),
        defaultValue);
  }

  /** One of some things that have a word each. */
  static <T> Key<T> choice(
      String section, String name, List<T> choices, Function<T, String> word, T defaultValue) {
    List<String> words = new ArrayList<>();
    for (T choice : choices) {
      words.add('"' + word.apply(choice) + '"');
    }
    return new Key<>(
        section,
        name,
        (words.size() == 1 ? "" : "one of ") + String.join(", ", words),
        value -> text(value).flatMap(text -> named(choices, word, text)),
        defaultValue);
  }

  private static <T> Optional<T> named(List<T> choices, Function<T, String> word, String text) {
    return choices.stream().filter(choice -> word.apply(choice).equals(text)).findFirst();
  }

  /** An array of strings, each of which {@code good} accepts. */
  static Key<List<String>> list(
      String section, String name, String expectation, Function<String, Boolean> good) {
    return new Key<>(section, name, expectation, value -> texts(value, good), List.of());
  }

  private static Optional<List<String>> texts(TomlValue value, Function<String, Boolean> good) {
    if (!(value instanceof TomlValue.Array array)) {
      return Optional.empty();
    }
    List<String> texts = new ArrayList<>();
    for (TomlValue element : array.values()) {
      if (!(element instanceof TomlValue.Text text) || !good.apply(text.value())) {
        return Optional.empty();
      }
      texts.add(text.value());
    }
    return Optional.of(List.copyOf(texts));
  }

  private static Optional<String> text(TomlValue value) {
    return value instanceof TomlValue.Text text ? Optional.of(text.value()) : Optional.empty();
  }
}

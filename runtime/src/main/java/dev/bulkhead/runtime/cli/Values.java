package dev.bulkhead.runtime.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The options that were given. Every text was checked when the command line was read, so asking
 * throws nothing.
 */
public final class Values {
  /** No options. */
  public static final Values NONE = new Values(Map.of());

  private final Map<String, List<String>> texts;

  Values(Map<String, List<String>> texts) {
    this.texts = Map.copyOf(texts);
  }

  /** Whether an option was given at all. */
  public boolean has(Option<?> option) {
    return texts.containsKey(option.longName());
  }

  /** Whether a flag is set. */
  public boolean isSet(Option<Boolean> flag) {
    return get(flag).orElse(false);
  }

  /** The value of an option; the last one if it was given more than once. */
  public <T> Optional<T> get(Option<T> option) {
    List<T> all = all(option);
    return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
  }

  /** All values of a repeatable option in their order. */
  public <T> List<T> all(Option<T> option) {
    List<T> values = new ArrayList<>();
    for (String text : texts.getOrDefault(option.longName(), List.of())) {
      values.add(option.type().parse(text));
    }
    return values;
  }
}

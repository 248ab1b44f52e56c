package dev.bulkhead.protobuf;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Map fields of messages: immutable, and in the order in which their entries came. */
public final class OrderedMap {
  private OrderedMap() {}

  /**
   * An unmodifiable copy in the same order. {@code Map.copyOf} would shuffle it, and a
   * configuration that is read and written again would come out different each time.
   *
   * @throws NullPointerException when a key or a value is null
   */
  public static <K, V> Map<K, V> copyOf(Map<K, V> map) {
    if (map.isEmpty()) {
      return Map.of();
    }
    Map<K, V> copy = new LinkedHashMap<>();
    for (Map.Entry<K, V> entry : map.entrySet()) {
      copy.put(
          Objects.requireNonNull(entry.getKey(), "key"),
          Objects.requireNonNull(entry.getValue(), "value"));
    }
    return Collections.unmodifiableMap(copy);
  }
}

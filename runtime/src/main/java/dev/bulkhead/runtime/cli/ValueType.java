package dev.bulkhead.runtime.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * What kind of value an option or an argument takes: how it is read, and what a shell may offer.
 *
 * @param <T> what the text becomes
 */
public final class ValueType<T> {
  /** A flag: true unless {@code --flag=false} is written. */
  public static final ValueType<Boolean> FLAG =
      new ValueType<>(ValueType::parseFlag, List.of(), Completes.NOTHING);

  public static final ValueType<String> TEXT = text(Completes.NOTHING);

  /** The path of a file; whether there is one is not looked at. */
  public static final ValueType<String> FILE = text(Completes.FILES);

  /** The path of a directory; whether there is one is not looked at. */
  public static final ValueType<String> DIRECTORY = text(Completes.DIRECTORIES);

  /** Bytes, with Docker's suffixes: 512m, 2g, 1.5GiB, 1048576. */
  public static final ValueType<Long> SIZE = of(Quantities::bytes);

  /** A number of processors such as 1.5, in billionths of a processor. */
  public static final ValueType<Long> CPUS = of(Quantities::nanoCpus);

  /** A time such as 500ms, 10s or 1m30s, in milliseconds. */
  public static final ValueType<Long> DURATION = of(Quantities::milliseconds);

  private final Function<String, T> parser;
  private final List<String> choices;
  private final Completes completes;

  private ValueType(Function<String, T> parser, List<String> choices, Completes completes) {
    this.parser = parser;
    this.choices = List.copyOf(choices);
    this.completes = completes;
  }

  /**
   * A type read by {@code parser}, which throws an {@link IllegalArgumentException} with a clause
   * that says what is wrong and expected, as "'x' is no size; a number such as 512m is expected".
   */
  public static <T> ValueType<T> of(Function<String, T> parser) {
    return of(parser, Completes.NOTHING);
  }

  /** As {@link #of(Function)}, with what a shell may offer. */
  public static <T> ValueType<T> of(Function<String, T> parser, Completes completes) {
    return new ValueType<>(parser, List.of(), completes);
  }

  private static ValueType<String> text(Completes completes) {
    return new ValueType<>(Function.identity(), List.of(), completes);
  }

  /** A whole number of at least {@code least} and at most {@code most}. */
  public static ValueType<Long> integer(long least, long most) {
    return of(text -> Quantities.integer(text, least, most));
  }

  /** One of some words. */
  public static ValueType<String> oneOf(String... words) {
    return oneOf(List.of(words), Function.identity());
  }

  /** One of some things, each called by its name. */
  public static <T> ValueType<T> oneOf(List<T> values, Function<T, String> name) {
    List<String> names = new ArrayList<>();
    for (T value : values) {
      names.add(name.apply(value));
    }
    Function<String, T> parser =
        text -> {
          int index = names.indexOf(text);
          if (index < 0) {
            throw new IllegalArgumentException(
                "'" + text + "' is none of " + String.join(", ", names));
          }
          return values.get(index);
        };
    return new ValueType<>(parser, names, Completes.NOTHING);
  }

  /**
   * Reads a value.
   *
   * @throws IllegalArgumentException if it is none; the message is a clause fit for a user
   */
  public T parse(String text) {
    return parser.apply(text);
  }

  /** The words that are possible, if these are few; else empty. */
  List<String> choices() {
    return choices;
  }

  Completes completes() {
    return completes;
  }

  private static Boolean parseFlag(String text) {
    return switch (text) {
      case "true", "1", "t", "T", "TRUE", "True" -> true;
      case "false", "0", "f", "F", "FALSE", "False" -> false;
      default -> throw new IllegalArgumentException("'" + text + "' is neither true nor false");
    };
  }
}

package dev.bulkhead.it.bench;

import dev.bulkhead.it.Command;
import java.io.IOException;

/** The time that a program takes from its start to its end. */
final class Timed {
  private Timed() {}

  /**
   * Runs a program that succeeds.
   *
   * @return milliseconds, with those that this JVM takes to start any program
   */
  static double millis(Command command) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command.words())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    long start = System.nanoTime();
    int code = builder.start().waitFor();
    double millis = (System.nanoTime() - start) / 1e6;
    if (code != 0) {
      throw new IOException(String.join(" ", command.words()) + " ended with " + code);
    }
    return millis;
  }
}

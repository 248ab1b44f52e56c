package dev.bulkhead.it.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;

/** What a process in a guest left: its exit code and all that it wrote. */
record ProcessResult(int code, byte[] outputBytes, byte[] errorBytes) {
  String output() {
    return new String(outputBytes, StandardCharsets.UTF_8);
  }

  String errors() {
    return new String(errorBytes, StandardCharsets.UTF_8);
  }

  /** Fails the test unless the exit code is this one. */
  ProcessResult expect(int expected) {
    assertEquals(expected, code, () -> output() + errors());
    return this;
  }

  ProcessResult succeeds() {
    return expect(0);
  }
}

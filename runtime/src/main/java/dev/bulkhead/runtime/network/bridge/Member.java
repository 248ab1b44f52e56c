package dev.bulkhead.runtime.network.bridge;

import java.util.ArrayList;
import java.util.List;

/**
 * A container on the bridge.
 *
 * @param number the last byte of its address
 */
record Member(int number, List<PublishedPort> ports) {
  Member {
    ports = List.copyOf(ports);
  }

  /** The content of its file: its ports, a line for each. */
  String text() {
    StringBuilder text = new StringBuilder();
    for (PublishedPort port : ports) {
      text.append(port).append('\n');
    }
    return text.toString();
  }

  /**
   * Reads it from its file.
   *
   * @throws IllegalArgumentException if that is damaged
   */
  static Member parse(int number, String text) {
    List<PublishedPort> ports = new ArrayList<>();
    int start = 0;
    int end = text.indexOf('\n');
    while (end >= 0) {
      ports.add(PublishedPort.parse(text.substring(start, end)));
      start = end + 1;
      end = text.indexOf('\n', start);
    }
    return new Member(number, ports);
  }
}

package dev.bulkhead.agent.device;

import java.util.ArrayList;
import java.util.List;

/**
 * Kata's way to name a PCI device that is independent of how buses are numbered: the slots of the
 * bridges before it and its own, in two hexadecimal digits each, as "02/01".
 */
final class PciPath {
  private static final int MOST_SLOT = 0x1f;

  private PciPath() {}

  /**
   * The slots, from the root bus on.
   *
   * @throws IllegalArgumentException if the text is no path
   */
  static List<String> slots(String path) {
    List<String> slots = new ArrayList<>();
    int start = 0;
    while (start <= path.length()) {
      int slash = path.indexOf('/', start);
      int end = slash < 0 ? path.length() : slash;
      slots.add(slot(path, path.substring(start, end)));
      start = end + 1;
    }
    return slots;
  }

  private static String slot(String path, String text) {
    int number = -1;
    if (text.length() == 2 && digit(text.charAt(0)) >= 0 && digit(text.charAt(1)) >= 0) {
      number = digit(text.charAt(0)) << 4 | digit(text.charAt(1));
    }
    if (number < 0 || number > MOST_SLOT) {
      throw new IllegalArgumentException("'" + path + "' is no PCI path: '" + text + "'");
    }
    return text;
  }

  private static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }

  /** Whether a directory of sysfs, as "0000:00:10.0", is the first function in a slot. */
  static boolean isFunction(String name, String slot) {
    return name.length() == 12 && name.startsWith("0000:") && name.endsWith(":" + slot + ".0");
  }
}

package dev.bulkhead.runtime.install;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The text of a JSON object whose members can be set and removed while every other character stays
 * as somebody wrote it. The library reads it, and refuses what is none; what is here finds places
 * in a text that is known to be right.
 */
final class JsonText {
  private static final String DEFAULT_UNIT = "  ";

  private final String text;
  private final JsonObject value;

  private JsonText(String text, JsonObject value) {
    this.text = text;
    this.value = value;
  }

  /**
   * Reads a text.
   *
   * @param file what messages call it
   * @throws SettingsException with file and line if it is no JSON object
   */
  static JsonText of(String file, String text) {
    try {
      return new JsonText(text, JsonParser.object().from(text));
    } catch (JsonParserException e) {
      throw new SettingsException(
          file + ":" + e.getLinePosition() + ": this is no JSON object: " + e.getMessage(), e);
    }
  }

  String text() {
    return text;
  }

  JsonObject value() {
    return value;
  }

  /** Where a member stands: from its key's quote, and its value, to behind the value. */
  private record Member(String key, int start, int valueStart, int end) {}

  /**
   * The text with a member set.
   *
   * @param in the key of the object that it belongs to, which must be there and an object; empty
   *     for the outermost
   * @param member a string, or an object of such members
   */
  JsonText with(Optional<String> in, String key, Object member) {
    int open = open(in);
    List<Member> members = members(open);
    String unit = unit();
    String outer = in.isPresent() ? unit : "";
    Optional<Member> present = last(members, key);
    if (present.isPresent()) {
      return replaced(
          present.get().valueStart(), present.get().end(), rendered(member, outer + unit, unit));
    }
    String entry = JsonWriter.string(key) + ": ";
    if (members.isEmpty()) {
      int close = text.indexOf('}', open);
      String indent = unit.isEmpty() ? "" : "\n" + outer + unit;
      String end = unit.isEmpty() ? "" : "\n" + outer;
      return replaced(
          open, close + 1, "{" + indent + entry + rendered(member, outer + unit, unit) + end + "}");
    }
    // As far apart from the last one as the first is from the brace.
    String gap = text.substring(open + 1, members.getFirst().start());
    String indent = gap.substring(gap.lastIndexOf('\n') + 1);
    String space = gap.isEmpty() ? " " : gap;
    int end = members.getLast().end();
    String line = gap.indexOf('\n') < 0 ? "" : unit;
    return replaced(end, end, "," + space + entry + rendered(member, indent, line));
  }

  /** The text without a member, if it is there. */
  JsonText without(Optional<String> in, String key) {
    int open = open(in);
    List<Member> members = members(open);
    Optional<Member> present = last(members, key);
    if (present.isEmpty()) {
      return this;
    }
    int index = members.indexOf(present.get());
    if (members.size() == 1) {
      return replaced(open, text.indexOf('}', present.get().end()) + 1, "{}");
    }
    return index == 0
        ? replaced(present.get().start(), members.get(1).start(), "")
        : replaced(members.get(index - 1).end(), present.get().end(), "");
  }

  private JsonText replaced(int start, int end, String by) {
    return of("the new text", text.substring(0, start) + by + text.substring(end));
  }

  /** Of members with the same key the last one counts. */
  private static Optional<Member> last(List<Member> members, String key) {
    return members.reversed().stream().filter(member -> member.key().equals(key)).findFirst();
  }

  private int open(Optional<String> in) {
    int root = text.indexOf('{');
    return in.isEmpty() ? root : last(members(root), in.get()).orElseThrow().valueStart();
  }

  /** By how much members of the outermost object are indented; "" if it stands in one line. */
  private String unit() {
    int root = text.indexOf('{');
    List<Member> members = members(root);
    if (members.isEmpty()) {
      return DEFAULT_UNIT;
    }
    String gap = text.substring(root + 1, members.getFirst().start());
    int line = gap.lastIndexOf('\n');
    return line < 0 ? "" : gap.substring(line + 1);
  }

  private static String rendered(Object member, String indent, String unit) {
    if (!(member instanceof JsonObject object)) {
      return JsonWriter.string(member);
    }
    String inner = unit.isEmpty() ? "" : "\n" + indent + unit;
    List<String> entries = new ArrayList<>();
    for (Map.Entry<String, Object> entry : object.entrySet()) {
      entries.add(
          inner
              + JsonWriter.string(entry.getKey())
              + ": "
              + rendered(entry.getValue(), indent + unit, unit));
    }
    return "{"
        + String.join(unit.isEmpty() ? ", " : ",", entries)
        + (unit.isEmpty() ? "" : "\n" + indent)
        + "}";
  }

  /** The members of the object that begins at an index. */
  private List<Member> members(int open) {
    List<Member> members = new ArrayList<>();
    int at = skipSpace(open + 1);
    while (text.charAt(at) != '}') {
      int keyEnd = skipString(at);
      int valueStart = skipSpace(skipSpace(keyEnd) + 1);
      int end = skipValue(valueStart);
      members.add(new Member(key(text.substring(at, keyEnd)), at, valueStart, end));
      at = skipSpace(end);
      if (text.charAt(at) == ',') {
        at = skipSpace(at + 1);
      }
    }
    return members;
  }

  private static String key(String quoted) {
    try {
      return JsonParser.array().from("[" + quoted + "]").getString(0);
    } catch (JsonParserException e) {
      throw new IllegalStateException("a key was no string: " + quoted, e);
    }
  }

  private int skipSpace(int at) {
    int index = at;
    while (" \t\r\n\ufeff".indexOf(text.charAt(index)) >= 0) {
      index++;
    }
    return index;
  }

  private int skipString(int quote) {
    int index = quote + 1;
    while (text.charAt(index) != '"') {
      index += text.charAt(index) == '\\' ? 2 : 1;
    }
    return index + 1;
  }

  private int skipValue(int start) {
    return switch (text.charAt(start)) {
      case '"' -> skipString(start);
      case '{', '[' -> skipNested(start);
      default -> skipWord(start);
    };
  }

  private int skipNested(int start) {
    int depth = 0;
    int index = start;
    do {
      char c = text.charAt(index);
      depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
      index = c == '"' ? skipString(index) : index + 1;
    } while (depth > 0);
    return index;
  }

  private int skipWord(int start) {
    int index = start;
    while (",}] \t\r\n".indexOf(text.charAt(index)) < 0) {
      index++;
    }
    return index;
  }
}

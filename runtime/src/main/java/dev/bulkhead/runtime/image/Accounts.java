package dev.bulkhead.runtime.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The users and groups of an image, see passwd(5) and group(5).
 *
 * @param passwd the text of /etc/passwd, "" if there is none
 * @param group the text of /etc/group, "" if there is none
 */
public record Accounts(String passwd, String group) {
  private static final long LARGEST_ID = 0xffffffffL - 1;

  /**
   * Whom a process runs as.
   *
   * @param home its home directory, "" if nobody says
   */
  public record Identity(int uid, int gid, List<Integer> groups, String home) {
    public Identity {
      groups = List.copyOf(groups);
    }
  }

  /**
   * Finds USER[:GROUP], each by name or number, as Docker does: a number need not be listed.
   *
   * @throws ImageException if a name is not there
   */
  public Identity find(String user) {
    int colon = user.indexOf(':');
    String name = colon < 0 ? user : user.substring(0, colon);
    Optional<List<String>> line = name.isEmpty() ? entry(passwd, 2, "0") : userLine(name);
    Optional<Integer> number = number(name.isEmpty() ? "0" : name);
    if (line.isEmpty() && number.isEmpty()) {
      throw new ImageException(
          "the image has no user '" + name + "'; name one of its /etc/passwd, or a number");
    }
    int uid = line.map(fields -> id(fields, 2)).orElseGet(number::get);
    int gid = line.map(fields -> id(fields, 3)).orElse(0);
    if (colon >= 0) {
      gid = findGroup(user.substring(colon + 1));
    }
    List<Integer> groups =
        colon < 0 && line.isPresent() ? groupsOf(line.get().getFirst()) : List.of();
    return new Identity(uid, gid, groups, line.map(fields -> fields.get(5)).orElse(""));
  }

  /** The number of a group, by name or number. */
  public int findGroup(String name) {
    Optional<List<String>> line = entry(group, 0, name);
    return line.map(fields -> id(fields, 2))
        .or(() -> number(name))
        .orElseThrow(
            () ->
                new ImageException(
                    "the image has no group '"
                        + name
                        + "'; name one of its /etc/group, or a"
                        + " number"));
  }

  private Optional<List<String>> userLine(String name) {
    Optional<List<String>> byName = entry(passwd, 0, name);
    return byName.isPresent() ? byName : entry(passwd, 2, name);
  }

  private List<Integer> groupsOf(String user) {
    List<Integer> groups = new ArrayList<>();
    for (String line : Words.split(group, '\n')) {
      List<String> fields = Words.split(line, ':');
      if (fields.size() >= 4 && Words.split(fields.get(3), ',').contains(user)) {
        number(fields.get(2)).ifPresent(groups::add);
      }
    }
    return groups;
  }

  private static Optional<List<String>> entry(String text, int field, String value) {
    for (String line : Words.split(text, '\n')) {
      List<String> fields = Words.split(line, ':');
      if (fields.size() >= 3 && fields.get(field).equals(value)) {
        return Optional.of(padded(fields));
      }
    }
    return Optional.empty();
  }

  /** A line that ends early has empty fields at its end. */
  private static List<String> padded(List<String> fields) {
    List<String> all = new ArrayList<>(fields);
    while (all.size() < 7) {
      all.add("");
    }
    return all;
  }

  private static int id(List<String> fields, int field) {
    return number(fields.get(field))
        .orElseThrow(
            () ->
                new ImageException(
                    "the image's accounts are broken: '"
                        + fields.getFirst()
                        + "' has the number '"
                        + fields.get(field)
                        + "'"));
  }

  private static Optional<Integer> number(String text) {
    try {
      long number = Long.parseLong(text);
      return number >= 0 && number <= LARGEST_ID ? Optional.of((int) number) : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}

package dev.bulkhead.runtime.oci;

import dev.bulkhead.oci.LinuxCapabilities;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.User;
import dev.bulkhead.runtime.container.ContainerException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A process as the command line of {@code exec} describes it, by the container's first one. */
public final class ExecProcess {
  private static final long MAX_ID = 0xffffffffL;

  private final OciRuntime runtime;

  /**
   * How it differs from the first one.
   *
   * @param environment NAME=VALUE each, after the first process's own
   * @param user UID or UID:GID
   * @param capabilities as CAP_NET_ADMIN
   */
  public record Changes(
      List<String> command,
      boolean terminal,
      Optional<String> directory,
      List<String> environment,
      Optional<String> user,
      List<String> groups,
      List<String> capabilities,
      boolean noNewPrivileges) {}

  public ExecProcess(OciRuntime runtime) {
    this.runtime = runtime;
  }

  /** The process for a container. */
  public Process of(String id, Changes changes) {
    Process first = Bundle.load(runtime.root().state(id).bundle()).spec().process();
    List<String> environment = new ArrayList<>(first.env());
    environment.addAll(changes.environment());
    return first
        .withArgs(changes.command())
        .withTerminal(changes.terminal())
        .withCwd(changes.directory().orElse(first.cwd()))
        .withEnv(environment)
        .withUser(user(first.user(), changes))
        .withCapabilities(
            changes.capabilities().isEmpty()
                ? capabilities(first)
                : with(first.capabilities(), changes.capabilities()))
        .withNoNewPrivileges(first.noNewPrivileges() || changes.noNewPrivileges());
  }

  private static LinuxCapabilities capabilities(Process first) {
    return first.hasCapabilities() ? first.capabilities() : null;
  }

  private static User user(User first, Changes changes) {
    User user = first;
    if (changes.user().isPresent()) {
      String text = changes.user().get();
      int colon = text.indexOf(':');
      user =
          User.DEFAULT
              .withUid(number(colon < 0 ? text : text.substring(0, colon)))
              .withGid(colon < 0 ? 0 : number(text.substring(colon + 1)));
    }
    if (!changes.groups().isEmpty()) {
      List<Integer> groups = new ArrayList<>(user.additionalGids());
      changes.groups().forEach(group -> groups.add(number(group)));
      user = user.withAdditionalGids(groups);
    }
    return user;
  }

  private static int number(String text) {
    try {
      long number = Long.parseLong(text);
      if (number >= 0 && number <= MAX_ID) {
        return (int) number;
      }
    } catch (NumberFormatException e) {
      // Refused below, as a number out of range is.
    }
    throw new ContainerException(
        "'" + text + "' is no id of a user or group; exec takes numbers, as 1000:1000");
  }

  private static LinuxCapabilities with(LinuxCapabilities first, List<String> added) {
    return first
        .withBounding(joined(first.bounding(), added))
        .withEffective(joined(first.effective(), added))
        .withInheritable(joined(first.inheritable(), added))
        .withPermitted(joined(first.permitted(), added))
        .withAmbient(joined(first.ambient(), added));
  }

  private static List<String> joined(List<String> first, List<String> added) {
    List<String> all = new ArrayList<>(first);
    for (String name : added) {
      if (!all.contains(name)) {
        all.add(name);
      }
    }
    return all;
  }
}

package dev.bulkhead.agent.container;

import dev.bulkhead.agent.process.ProgramStart;
import dev.bulkhead.oci.Linux;
import dev.bulkhead.oci.LinuxNamespace;
import dev.bulkhead.oci.Spec;

/** Refuses specifications that cannot be met, before anything is made for them. */
final class SpecCheck {
  private SpecCheck() {}

  /**
   * Looks at what can be told without making anything.
   *
   * @throws IllegalArgumentException for what is not there or not supported, by its name
   */
  static void check(Spec spec) {
    if (!spec.hasProcess()) {
      throw new IllegalArgumentException("the specification has no process");
    }
    ProgramStart.check(spec.process());
    if (!spec.root().path().startsWith("/")) {
      throw new IllegalArgumentException("root.path '" + spec.root().path() + "' is not absolute");
    }
    Linux linux = spec.linux();
    for (LinuxNamespace namespace : linux.namespaces()) {
      checkNamespace(namespace);
    }
    // Hooks are the runtime's: it runs those that belong into the container as processes of it.
    refuse(!linux.uidMappings().isEmpty(), "linux.uidMappings");
    refuse(!linux.gidMappings().isEmpty(), "linux.gidMappings");
    refuse(linux.hasPersonality(), "linux.personality");
    refuse(linux.hasIntelRdt(), "linux.intelRdt");
    refuse(!linux.timeOffsets().isEmpty(), "linux.timeOffsets");
  }

  private static void checkNamespace(LinuxNamespace namespace) {
    switch (namespace.type()) {
      case "mount", "pid", "uts", "ipc", "cgroup", "network" ->
          refuse(!namespace.path().isEmpty(), "the path of a " + namespace.type() + " namespace");
      case "user" ->
          throw new IllegalArgumentException(
              "user namespaces are not supported: the container's root is root of its own virtual"
                  + " machine only; remove the namespace 'user'");
      default ->
          throw new IllegalArgumentException(
              "namespaces of the kind '" + namespace.type() + "' are not supported");
    }
  }

  private static void refuse(boolean asked, String what) {
    if (asked) {
      throw new IllegalArgumentException(what + " is not supported in the guest");
    }
  }
}

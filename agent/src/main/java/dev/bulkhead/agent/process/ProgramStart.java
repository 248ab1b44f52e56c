package dev.bulkhead.agent.process;

import dev.bulkhead.linux.Capabilities;
import dev.bulkhead.linux.Credentials;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Terminal;
import dev.bulkhead.oci.LinuxCapabilities;
import dev.bulkhead.oci.LinuxSeccomp;
import dev.bulkhead.oci.PosixRlimit;
import dev.bulkhead.oci.Process;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a child does between standing in the container's namespaces and being the container's
 * program, by the specification's {@code process}. Nothing of it can be taken back.
 */
public final class ProgramStart {
  private static final int SEARCHED_ROOT_UMASK = 0022;
  private static final String DEFAULT_PATH =
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private final Process process;
  private final Optional<LinuxSeccomp> seccomp;

  /**
   * Describes a start.
   *
   * @param seccomp the filter to put into force last
   */
  public ProgramStart(Process process, Optional<LinuxSeccomp> seccomp) {
    this.process = process;
    this.seccomp = seccomp;
  }

  /** A program that is not there or cannot be executed, in the words that Docker looks for. */
  public static final class NotExecutable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotExecutable(String message) {
      super(message);
    }
  }

  /** Refuses what cannot be, before anything is made for it. */
  public static void check(Process process) {
    if (process.args().isEmpty()) {
      throw new IllegalArgumentException("process.args is empty; name the program to start");
    }
    if (!process.cwd().startsWith("/")) {
      throw new IllegalArgumentException(
          "process.cwd is '" + process.cwd() + "', but it has to be an absolute path");
    }
    for (PosixRlimit limit : process.rlimits()) {
      if (Credentials.limitNumber(limit.type()).isEmpty()) {
        throw new IllegalArgumentException("there is no resource limit '" + limit.type() + "'");
      }
    }
  }

  /** Sets what is read by path or needs root's rights, while the guest's /proc is still there. */
  public void setLimits() {
    for (PosixRlimit limit : process.rlimits()) {
      OptionalInt number = Credentials.limitNumber(limit.type());
      Credentials.setLimit(number.getAsInt(), limit.soft(), limit.hard());
    }
    if (process.oomScoreAdj() != 0) {
      Files.writeExisting("/proc/self/oom_score_adj", Long.toString(process.oomScoreAdj()));
    }
  }

  /**
   * Makes three descriptors the standard ones, and a terminal among them the session's own.
   *
   * @param terminal whether they are a terminal
   */
  public void takeStdio(List<Fd> stdio, boolean terminal) {
    for (int i = 0; i < 3; i++) {
      Fd given = stdio.get(i);
      given.changeOwner(process.user().uid(), -1);
      given.duplicateTo(i);
    }
    if (terminal) {
      Terminal.makeControlling(Fd.STDIN);
      if (process.hasConsoleSize() && process.consoleSize().height() != 0) {
        Terminal.setSize(
            Fd.STDIN,
            new Terminal.Size(process.consoleSize().height(), process.consoleSize().width()));
      }
    }
  }

  /**
   * Goes to the working directory, making it if it is missing, and finds the program.
   *
   * @return the program's path
   * @throws NotExecutable if there is none
   */
  public String findProgram() {
    Files.setUmask(process.user().hasUmask() ? process.user().umask() : SEARCHED_ROOT_UMASK);
    try {
      Files.makeDirectories(process.cwd(), 0755);
    } catch (LinuxException e) {
      throw new IllegalArgumentException(
          "the working directory '" + process.cwd() + "' cannot be made: " + e.reason(), e);
    }
    Files.changeDirectory(process.cwd());
    String program = process.args().getFirst();
    if (program.indexOf('/') >= 0) {
      return checkExecutable(program);
    }
    String path = searchPath();
    String notExecutable = null;
    int start = 0;
    while (start <= path.length()) {
      int end = path.indexOf(':', start);
      if (end < 0) {
        end = path.length();
      }
      String directory = end == start ? "." : path.substring(start, end);
      String candidate = directory + "/" + program;
      Optional<FileStatus> status = Files.statusIfExists(candidate);
      if (status.isPresent() && status.get().isRegular()) {
        if ((status.get().mode() & 0111) != 0) {
          return candidate;
        }
        notExecutable = candidate;
      }
      start = end + 1;
    }
    if (notExecutable != null) {
      throw new NotExecutable("exec: \"" + notExecutable + "\": permission denied");
    }
    throw new NotExecutable("exec: \"" + program + "\": executable file not found in $PATH");
  }

  private static String checkExecutable(String program) {
    Optional<FileStatus> status = Files.statusIfExists(program);
    if (status.isEmpty()) {
      throw new NotExecutable(
          "exec: \"" + program + "\": stat " + program + ": no such file or directory");
    }
    if (status.get().isDirectory()) {
      throw new NotExecutable("exec: \"" + program + "\": is a directory: permission denied");
    }
    if ((status.get().mode() & 0111) == 0) {
      throw new NotExecutable("exec: \"" + program + "\": permission denied");
    }
    return program;
  }

  private String searchPath() {
    for (String variable : process.env()) {
      if (variable.startsWith("PATH=")) {
        return variable.substring(5);
      }
    }
    return DEFAULT_PATH.substring(5);
  }

  /** Gives up root's rights down to what the process may have, and becomes the program. */
  public void run(String program) {
    LinuxCapabilities sets = process.capabilities();
    long known = Capabilities.bounding();
    long bounding = set(sets.bounding()) & known;
    long permitted = set(sets.permitted()) & known;
    long effective = set(sets.effective()) & known;
    long inheritable = set(sets.inheritable()) & known;
    long ambient = set(sets.ambient()) & known;

    Capabilities.limitBounding(bounding);
    Credentials.setGroups(process.user().additionalGids());
    Credentials.setGroup(process.user().gid());
    Capabilities.keepOverUserChange(true);
    Credentials.setUser(process.user().uid());
    Capabilities.keepOverUserChange(false);
    // The user may differ from root, and the rights to what it may not enter are gone with it.
    Files.changeDirectory(process.cwd());
    if (process.noNewPrivileges()) {
      Capabilities.setNoNewPrivileges();
    } else if (seccomp.isPresent()) {
      // Without no_new_privs a filter takes CAP_SYS_ADMIN, which the program may not get.
      Capabilities.apply(known, known, inheritable);
      SeccompFilter.load(seccomp.get());
    }
    Capabilities.apply(effective, permitted, inheritable);
    Capabilities.setAmbient(ambient);
    Processes.restoreSignals();
    if (process.noNewPrivileges() && seccomp.isPresent()) {
      SeccompFilter.load(seccomp.get());
    }
    Processes.exec(program, process.args(), process.env());
  }

  private static long set(List<String> names) {
    return Capabilities.set(new HashSet<>(names));
  }
}

package dev.bulkhead.agent.process;

import dev.bulkhead.agentapi.seccomp.SeccompProgram;
import dev.bulkhead.linux.Capabilities;
import dev.bulkhead.linux.Credentials;
import dev.bulkhead.linux.Errno;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Terminal;
import dev.bulkhead.oci.LinuxCapabilities;
import dev.bulkhead.oci.PosixRlimit;
import dev.bulkhead.oci.Process;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * What a child does between standing in the container's namespaces and being the container's
 * program, by the specification's {@code process}. Nothing of it can be taken back.
 */
public final class ProgramStart {
  private static final int DEFAULT_UMASK = 0022;
  private static final String DEFAULT_PATH =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private final Process process;
  private final Optional<SeccompProgram> seccomp;

  /** What was passed on the way to the program; exec closes it. */
  private final OpenDirectories way = new OpenDirectories();

  /** The capabilities of this kernel, as long as none was given up. */
  private final long known = Capabilities.bounding();

  /**
   * Describes a start.
   *
   * @param seccomp the filter to put into force last
   */
  public ProgramStart(Process process, Optional<SeccompProgram> seccomp) {
    this.process = process;
    this.seccomp = seccomp;
  }

  /** A program that was found, with the environment that it gets. */
  public record Program(String path, List<String> environment) {
    public Program {
      environment = List.copyOf(environment);
    }
  }

  /**
   * A program that is not there or cannot be executed, in the words of runc, by which Docker
   * chooses the exit code.
   */
  public static final class NotExecutable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotExecutable(String program, String reason) {
      super("exec: \"" + program + "\": " + reason);
    }

    NotExecutable(String program, LinuxException cause) {
      this(program, uncapitalized(cause.reason()));
      initCause(cause);
    }

    private static String uncapitalized(String words) {
      return Character.toLowerCase(words.charAt(0)) + words.substring(1);
    }
  }

  /**
   * Refuses what cannot be, before anything is made for it. Labels of security modules are not
   * looked at: those are the host's, and this kernel has none.
   */
  public static void check(Process process) {
    if (process.args().isEmpty()) {
      throw new IllegalArgumentException("process.args is empty; name the program to start");
    }
    if (!process.cwd().startsWith("/")) {
      throw new IllegalArgumentException(
          "process.cwd is '" + process.cwd() + "', but it has to be an absolute path");
    }
    checkId("process.user.uid", process.user().uid());
    checkId("process.user.gid", process.user().gid());
    for (int gid : process.user().additionalGids()) {
      checkId("process.user.additionalGids", gid);
    }
    for (PosixRlimit limit : process.rlimits()) {
      if (Credentials.limitNumber(limit.type()).isEmpty()) {
        throw new IllegalArgumentException("there is no resource limit '" + limit.type() + "'");
      }
    }
    refuse(process.hasScheduler(), "process.scheduler");
    refuse(process.hasIoPriority(), "process.ioPriority");
    refuse(process.hasExecCpuAffinity(), "process.execCPUAffinity");
  }

  /** The kernel takes the highest number for "as it is", which would be root. */
  private static void checkId(String what, int id) {
    if (id == -1) {
      throw new IllegalArgumentException(
          what + " is " + Integer.toUnsignedString(id) + ", which is nobody's number");
    }
  }

  private static void refuse(boolean asked, String what) {
    if (asked) {
      throw new IllegalArgumentException(what + " is not supported");
    }
  }

  /** Sets how willingly the kernel kills the process; while the guest's /proc is still there. */
  public void setOutOfMemoryScore() {
    if (process.hasOomScoreAdj()) {
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
   * Goes to the working directory, making it if it is missing, becomes the user, and finds the
   * program as that user. The rights that {@link #run} still needs are kept, but not in effect.
   *
   * @throws NotExecutable if there is none
   */
  public Program findProgram() {
    boolean entered = enterDirectory();
    List<String> environment = environment();
    Files.setUmask(process.user().hasUmask() ? process.user().umask() : DEFAULT_UMASK);
    becomeUser();
    if (!entered) {
      // Root may not, as on a network's file system; the user may.
      Files.changeDirectory(process.cwd());
    }
    String program = process.args().getFirst();
    return new Program(
        program.indexOf('/') >= 0 ? checkExecutable(program) : search(program), environment);
  }

  private boolean enterDirectory() {
    try {
      goThere();
    } catch (LinuxException e) {
      if (e.errno() == Errno.EACCES) {
        return false;
      }
      throw e;
    }
    // A path through /proc could lead out of the container; the kernel tells.
    Files.currentDirectory();
    return true;
  }

  private void goThere() {
    try {
      // Mostly it is there.
      Files.changeDirectory(process.cwd());
      return;
    } catch (LinuxException e) {
      if (!e.isOfMissingFile()) {
        throw e;
      }
    }
    try {
      Files.makeDirectories(process.cwd(), 0755);
    } catch (LinuxException e) {
      if (e.errno() == Errno.EACCES) {
        throw e;
      }
      throw new IllegalArgumentException(
          "the working directory '" + process.cwd() + "' cannot be made: " + e.reason(), e);
    }
    Files.changeDirectory(process.cwd());
  }

  /** As with runc, a program always has a home. */
  private List<String> environment() {
    if (value("HOME").isPresent()) {
      return process.env();
    }
    List<String> environment = new ArrayList<>(process.env());
    environment.add("HOME=" + HomeDirectory.of(process.user().uid()));
    return environment;
  }

  private void becomeUser() {
    LinuxCapabilities sets = process.capabilities();
    Capabilities.limitBounding(set(sets.bounding()) & known);
    Credentials.setGroups(process.user().additionalGids());
    Credentials.setGroup(process.user().gid());
    Capabilities.keepOverUserChange(true);
    Credentials.setUser(process.user().uid());
    Capabilities.keepOverUserChange(false);
    Capabilities.apply(set(sets.effective()) & known, known, 0);
  }

  private String checkExecutable(String program) {
    try {
      int slash = program.lastIndexOf('/');
      Fd directory = way.open(program.substring(0, slash + 1));
      String name = program.substring(slash + 1);
      Fd file = name.isEmpty() ? directory : way.openFile(directory, name);
      if (OpenDirectories.isDirectory(file)) {
        throw new NotExecutable(program, "is a directory: permission denied");
      }
      if (!Files.isExecutable(file)) {
        throw new NotExecutable(program, "permission denied");
      }
      return program;
    } catch (LinuxException e) {
      if (e.isOfMissingFile()) {
        throw new NotExecutable(program, "stat " + program + ": no such file or directory");
      }
      throw new NotExecutable(program, e);
    }
  }

  private String search(String program) {
    String notExecutable = null;
    String path = value("PATH").orElse(DEFAULT_PATH);
    int start = 0;
    while (start <= path.length()) {
      int end = path.indexOf(':', start);
      if (end < 0) {
        end = path.length();
      }
      String directory = end == start ? "." : path.substring(start, end);
      switch (find(directory, program)) {
        case EXECUTABLE -> {
          return directory + "/" + program;
        }
        case NOT_EXECUTABLE -> notExecutable = directory + "/" + program;
        case NOTHING -> {}
      }
      start = end + 1;
    }
    if (notExecutable != null) {
      throw new NotExecutable(notExecutable, "permission denied");
    }
    throw new NotExecutable(program, "executable file not found in $PATH");
  }

  /** What is found in one directory of the path. */
  private enum Found {
    NOTHING,
    NOT_EXECUTABLE,
    EXECUTABLE
  }

  private Found find(String directory, String program) {
    try {
      Fd file = way.openFile(way.open(directory), program);
      if (OpenDirectories.isDirectory(file)) {
        return Found.NOTHING;
      }
      return Files.isExecutable(file) ? Found.EXECUTABLE : Found.NOT_EXECUTABLE;
    } catch (LinuxException e) {
      return switch (e.errno()) {
        // A directory of the path that the user may not search is passed over, as shells do.
        case Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES, Errno.ELOOP -> Found.NOTHING;
        default -> throw e;
      };
    }
  }

  private Optional<String> value(String variable) {
    String prefix = variable + "=";
    for (String entry : process.env()) {
      if (entry.startsWith(prefix)) {
        return Optional.of(entry.substring(prefix.length()));
      }
    }
    return Optional.empty();
  }

  /** Gives up root's rights down to what the process may have, and becomes the program. */
  public void run(Program program) {
    LinuxCapabilities sets = process.capabilities();
    long permitted = set(sets.permitted()) & known;
    long effective = set(sets.effective()) & known;
    long inheritable = set(sets.inheritable()) & known;
    Capabilities.apply(known, known, inheritable);
    for (PosixRlimit limit : process.rlimits()) {
      int number = Credentials.limitNumber(limit.type()).getAsInt();
      Credentials.setLimit(number, limit.soft(), limit.hard());
    }
    if (process.noNewPrivileges()) {
      Capabilities.setNoNewPrivileges();
    } else if (seccomp.isPresent()) {
      // Without no_new_privs a filter takes CAP_SYS_ADMIN, which the program may not get.
      seccomp.get().load();
    }
    Capabilities.apply(effective, permitted, inheritable);
    // The kernel takes no others, see capabilities(7); the specification of "runc spec" has some.
    Capabilities.setAmbient(set(sets.ambient()) & permitted & inheritable);
    Processes.restoreSignals();
    if (process.noNewPrivileges() && seccomp.isPresent()) {
      seccomp.get().load();
    }
    try {
      Processes.exec(program.path(), process.args(), program.environment());
    } catch (LinuxException e) {
      throw new NotExecutable(process.args().getFirst(), e);
    }
  }

  private static long set(List<String> names) {
    return Capabilities.set(new HashSet<>(names));
  }
}

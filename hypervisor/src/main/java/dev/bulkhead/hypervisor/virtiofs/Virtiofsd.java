package dev.bulkhead.hypervisor.virtiofs;

import dev.bulkhead.hypervisor.Confinement;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.OutputDrain;
import dev.bulkhead.linux.ChildProcess;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Pipe;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.UnixSocket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A virtiofsd that serves one directory to one machine. It ends by itself when the machine does,
 * once {@link #releaseConnection} was called; its owner closes it in any case.
 */
public final class Virtiofsd implements AutoCloseable {
  private static final int ERROR_TAIL = 8 << 10;
  private static final int ERROR_LINES = 5;
  private static final int SOCKET_FD = 3;
  private static final String SHARED = "/share";
  // It reads how many files it may open, and does not start without.
  private static final String FILE_LIMITS = "/proc/sys/fs";

  // What the root of a guest may do to files, it does for it; the last two are for the change of
  // its root directory and for giving up what is left, which it does itself before it serves.
  private static final Set<String> CAPABILITIES =
      Set.of(
          "CHOWN",
          "DAC_OVERRIDE",
          "FOWNER",
          "FSETID",
          "MKNOD",
          "SETUID",
          "SETGID",
          "SETFCAP",
          "SYS_CHROOT",
          "SETPCAP");

  private static final List<String> ENVIRONMENT =
      List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C");

  private final ChildProcess process;
  private final Fd connection;
  private final OutputDrain errors;
  private final EventLoop.Watch watch;
  private final Consumer<String> onExit;

  private Virtiofsd(
      EventLoop loop, ChildProcess process, Fd connection, Fd errors, Consumer<String> onExit) {
    this.process = process;
    this.connection = connection;
    this.errors = new OutputDrain(loop, errors, ERROR_TAIL);
    this.onExit = onExit;
    this.watch = loop.watch(process.pidfd(), EventLoop.READABLE, events -> ended());
  }

  /**
   * What to serve and how.
   *
   * @param directory of the host, in which the guest changes nothing but what is mounted below it;
   *     what is mounted there later is served too if it is a mount whose propagation is shared
   * @param cache what the guest may keep
   * @param extraArguments for the daemon, last
   */
  public record Settings(
      String directory, VirtiofsdProgram.Cache cache, List<String> extraArguments) {
    public Settings {
      extraArguments = List.copyOf(extraArguments);
    }
  }

  /**
   * Starts a daemon.
   *
   * @param runDirectory where a socket may lie for the moment of the start; only its owner can
   *     enter it
   * @param onExit told once, with a sentence, when the daemon has ended, for whatever reason;
   *     closing tells nobody
   * @throws HypervisorException if it cannot be started; nothing is left behind then
   */
  public static Virtiofsd start(
      EventLoop loop,
      VirtiofsdProgram program,
      Settings settings,
      String runDirectory,
      Consumer<String> onExit) {
    List<Fd> ours = new ArrayList<>();
    List<Fd> theirs = new ArrayList<>();
    try {
      Pipe errors = Pipe.open("messages of virtiofsd");
      ours.add(errors.reader());
      theirs.add(errors.writer());
      Fd connection = connect(runDirectory, ours, theirs);
      Confinement confinement =
          new Confinement(
              program.path(),
              List.of(
                  new Confinement.Exposed(
                      settings.directory(), SHARED, Confinement.Writing.MOUNTS_BELOW),
                  new Confinement.Exposed(FILE_LIMITS, FILE_LIMITS, Confinement.Writing.NOTHING)),
              List.of("/dev/null", "/dev/urandom"),
              CAPABILITIES);
      List<String> arguments = new ArrayList<>();
      arguments.add("virtiofsd");
      arguments.addAll(
          program.arguments(SOCKET_FD, SHARED, settings.cache(), settings.extraArguments()));
      ChildProcess process =
          ChildProcess.startApart(
              new ChildProcess.Command(
                  program.path(),
                  arguments,
                  ENVIRONMENT,
                  Arrays.asList(null, errors.writer(), errors.writer(), theirs.getLast()),
                  confinement::enter));
      return new Virtiofsd(loop, process, connection, errors.reader(), onExit);
    } catch (LinuxException e) {
      ours.forEach(Fd::close);
      throw new HypervisorException("virtiofsd could not be started: " + e.getMessage(), e);
    } finally {
      theirs.forEach(Fd::close);
    }
  }

  /**
   * Makes the daemon's listening socket and connects to it before the daemon is there, so that its
   * path can go at once and nobody else ever connects.
   */
  private static Fd connect(String runDirectory, List<Fd> ours, List<Fd> theirs) {
    try (Fd directory = Files.open(runDirectory, Open.O_PATH | Open.O_DIRECTORY)) {
      // By way of the descriptor, as a socket's path may have no more than 107 bytes.
      String path = directory.procPath() + "/virtiofsd.sock";
      theirs.add(UnixSocket.listen(path).setNonBlocking(false));
      try {
        Fd connection = UnixSocket.connect(path);
        ours.add(connection);
        return connection;
      } finally {
        Files.remove(path);
      }
    }
  }

  /** The connection for {@link dev.bulkhead.hypervisor.Share.VirtioFs}; it stays this object's. */
  public Fd connection() {
    return connection;
  }

  /**
   * Lets go of the connection when the machine has it, so that the daemon sees the machine's end.
   */
  public void releaseConnection() {
    connection.close();
  }

  public int pid() {
    return process.pid();
  }

  private void ended() {
    watch.close();
    errors.finish();
    Processes.Exit exit = process.poll();
    String said = errors.tail().lastLines(ERROR_LINES).replace("\n", "; ");
    onExit.accept(
        "virtiofsd "
            + (exit.signalled()
                ? "was ended by " + Signals.name(exit.signal())
                : "ended with code " + exit.code())
            + (said.isEmpty() ? "" : ": " + said));
  }

  /** Ends it at once, waits until it is gone, and frees all that belongs to it. */
  @Override
  public void close() {
    watch.close();
    errors.close();
    connection.close();
    process.close();
  }
}

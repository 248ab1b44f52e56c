package dev.bulkhead.runtime.shim;

import dev.bulkhead.agentapi.Build;
import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.runtime.command.GlobalOptions;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.ContainerRoot;
import dev.bulkhead.runtime.container.ProcessIdentity;
import dev.bulkhead.runtime.oci.Bundle;
import dev.bulkhead.shimapi.RuntimeInfo;
import dev.bulkhead.shimapi.RuntimeVersion;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** The program {@value #NAME}, which containerd starts. */
public final class Shim {
  /** Its name, by which containerd finds it for io.containerd.bulkhead.v2. */
  public static final String NAME = "containerd-shim-bulkhead-v2";

  /** The daemon's identity in the bundle, for delete. */
  static final String PID_FILE = "shim.pid";

  static final String ADDRESS_FILE = "address";

  private static final String RUNTIME = "io.containerd.bulkhead.v2";
  private static final String LOG_FIFO = "log";
  private static final String EVENTS_VARIABLE = "TTRPC_ADDRESS";
  private static final int INPUT_LIMIT = 4 << 20;

  private Shim() {}

  /**
   * Does what the command line says. Standard output gets the answer only; containerd reads it
   * together with standard error.
   *
   * @return the exit code
   */
  public static int run(List<String> words) throws ShimException {
    ShimCommandLine line = ShimCommandLine.parse(words);
    switch (line.action()) {
      case START -> print(start(line).text().getBytes(StandardCharsets.UTF_8));
      case DELETE -> print(new ShimDelete(line, containers(line)).run().encode());
      case VERSION -> print(version().getBytes(StandardCharsets.UTF_8));
      case INFO -> print(info().encode());
    }
    return 0;
  }

  private static void print(byte[] bytes) {
    Fd.STDOUT.writeAll(bytes);
  }

  private static String version() {
    return NAME + ":\n  Version:  " + Build.VERSION + "\n  Revision: " + Build.COMMIT + "\n";
  }

  private static RuntimeInfo info() {
    return RuntimeInfo.DEFAULT
        .withName(RUNTIME)
        .withVersion(new RuntimeVersion(Build.VERSION, Build.COMMIT));
  }

  /** The namespace's containers; a namespace's name follows the rules of a container's. */
  static ContainerRoot containers(ShimCommandLine line) {
    return new ContainerRoot(
        new ContainerRoot(GlobalOptions.DEFAULT_ROOT + "/containerd")
            .directory(line.namespace())
            .path());
  }

  private static ShimAddress start(ShimCommandLine line) throws ShimException {
    StartInput input = readInput(line);
    String bundle = Files.currentDirectory();
    PodRole role =
        Bundle.isIn(bundle)
            ? PodRole.of(Bundle.load(bundle).spec().annotations())
            // What it is to be comes with the request to create the sandbox.
            : new PodRole.Sandbox();
    String directory = input.socketDirectory().orElse(ShimAddress.DEFAULT_DIRECTORY);
    String owner = role instanceof PodRole.Member(String sandboxId) ? sandboxId : line.id();
    ShimAddress address = ShimAddress.of(directory, line.address(), line.namespace(), owner);
    if (role instanceof PodRole.Member) {
      if (!answers(address)) {
        throw new ShimException(
            "the sandbox '" + owner + "' of container '" + line.id() + "' does not run");
      }
    } else {
      launch(line, input, address, bundle);
    }
    Files.replace(bundle + "/" + ADDRESS_FILE, address.text(), 0644);
    return address;
  }

  private static StartInput readInput(ShimCommandLine line) throws ShimException {
    try {
      return StartInput.decode(Fd.STDIN.readAll(INPUT_LIMIT), line.id(), line.namespace());
    } catch (IllegalArgumentException e) {
      throw new ShimException("standard input is too long: " + e.getMessage(), e);
    }
  }

  private static boolean answers(ShimAddress address) {
    Optional<Fd> connection = UnixSocket.connectIfListening(address.path());
    connection.ifPresent(Fd::close);
    return connection.isPresent();
  }

  private static void launch(
      ShimCommandLine line, StartInput input, ShimAddress address, String bundle)
      throws ShimException {
    if (answers(address)) {
      throw new ShimException("a shim of '" + line.id() + "' runs already");
    }
    Files.makeDirectories(address.path().substring(0, address.path().lastIndexOf('/')), 0711);
    Files.removeIfExists(address.path());
    ContainerRoot containers = containers(line);
    try (Fd listener = UnixSocket.listen(address.path())) {
      ShimDaemon.Plan plan =
          new ShimDaemon.Plan(
              listener,
              bundle + "/" + LOG_FIFO,
              line.namespace(),
              input
                  .eventsAddress()
                  .or(() -> Environment.variable(EVENTS_VARIABLE))
                  .orElse(line.address() + ".ttrpc"),
              GlobalOptions.DEFAULT_ROOT,
              containers,
              input.options(),
              InstalledFiles.find());
      int pid = Processes.fork(() -> ShimDaemon.live(plan));
      ProcessIdentity daemon = ProcessIdentity.of(pid);
      Files.replace(bundle + "/" + PID_FILE, daemon.pid() + " " + daemon.startTicks() + "\n", 0644);
    } catch (LinuxException | ContainerException e) {
      Files.removeIfExists(address.path());
      throw e;
    }
  }
}

package dev.bulkhead.it.agent;

import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.CheckRequest;
import dev.bulkhead.agentapi.CreateSandboxRequest;
import dev.bulkhead.agentapi.Health;
import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.it.Dist;
import dev.bulkhead.ttrpc.RpcException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * A virtual machine with the agent as its PID 1, booted by QEMU alone. One directory of the host is
 * shared with it over 9p; root file systems for containers are made below it.
 */
final class Guest implements AutoCloseable {
  /** Where the guest mounts the shared directory, as Kata's runtime has it. */
  static final String SHARE = "/run/kata-containers/shared/containers";

  private static final String TAG = "kataShared";
  private static final long BOOT_SECONDS = 60;
  private static final long PATIENCE_SECONDS = 5;
  private static final int MAX_ATTEMPTS = 5;

  private final Path directory;
  private final Path share;
  private final Process machine;
  private AgentConnection connection;
  private int roots;

  private Guest(Path directory, Process machine) {
    this.directory = directory;
    this.share = directory.resolve("share");
    this.machine = machine;
  }

  /** Boots a machine and waits until its agent answers. */
  static Guest boot() {
    return boot(List.of());
  }

  /** As {@link #boot()}, with more arguments for QEMU. */
  static Guest boot(List<String> moreArguments) {
    try {
      Path directory = Files.createTempDirectory("bulkhead-agent");
      Files.createDirectory(directory.resolve("share"));
      Guest guest = new Guest(directory, start(directory, moreArguments));
      try {
        guest.connect();
        guest.connection().call(Health.CHECK, CheckRequest.DEFAULT);
        return guest;
      } catch (RpcException | RuntimeException | AssertionError e) {
        String console = guest.console();
        guest.close();
        throw new IllegalStateException("the guest did not boot:\n" + console, e);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Boots a machine and makes its sandbox, with the shared directory mounted. */
  static Guest withSandbox() {
    Guest guest = boot();
    try {
      guest.createSandbox();
      return guest;
    } catch (RpcException e) {
      String console = guest.console();
      guest.close();
      throw new IllegalStateException("the guest has no sandbox:\n" + console, e);
    }
  }

  private static Process start(Path directory, List<String> moreArguments) throws IOException {
    String[] fixed = {
      "qemu-system-x86_64",
      "-nodefaults",
      "-no-user-config",
      "-display",
      "none",
      "-no-reboot",
      "-machine",
      "q35,accel=tcg",
      "-cpu",
      "max",
      "-m",
      "256",
      "-kernel",
      Dist.SHARE.resolve("vmlinux").toString(),
      "-initrd",
      Dist.SHARE.resolve("initrd").toString(),
      "-append",
      "console=ttyS0 quiet panic=-1 nokaslr no_timer_check tsc=reliable noreplace-smp"
          + " 8250.nr_uarts=1 cryptomgr.notests random.trust_cpu=on",
      "-serial",
      "file:console",
      "-device",
      "virtio-serial-pci,max_ports=2",
      "-chardev",
      "socket,id=agent,path=agent.sock,server=on,wait=off",
      "-device",
      "virtserialport,chardev=agent,name=agent.channel.0",
      "-fsdev",
      "local,id=share,path=share,security_model=passthrough,multidevs=remap",
      "-device",
      "virtio-9p-pci,fsdev=share,mount_tag=" + TAG
    };
    List<String> words = Stream.concat(Stream.of(fixed), moreArguments.stream()).toList();
    return new ProcessBuilder(words)
        .directory(directory.toFile())
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("qemu.log").toFile())
        .start();
  }

  private SocketChannel openPort() throws IOException {
    UnixDomainSocketAddress address =
        UnixDomainSocketAddress.of(directory.resolve("agent.sock").toString());
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOOT_SECONDS);
    while (true) {
      SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        socket.connect(address);
        return socket;
      } catch (IOException e) {
        socket.close();
        // QEMU makes its socket some time after it was started.
        if (!machine.isAlive() || System.nanoTime() > deadline) {
          throw e;
        }
        Thread.onSpinWait();
      }
    }
  }

  /** The open connection to the agent; there is one at a time. */
  AgentConnection connection() {
    return connection;
  }

  /** Leaves the agent's port and opens it again, at once. */
  void reconnect() {
    connection.close();
    connect();
  }

  private void connect() {
    try {
      connection = AgentConnection.over(openPort());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is done at the port itself. */
  interface RawExchange {
    void run(RawPort port) throws IOException;
  }

  /** Leaves the agent's port, opens it for bytes of any kind, and then for calls again. */
  void raw(RawExchange exchange) throws IOException {
    connection.close();
    try (RawPort port = new RawPort(openPort())) {
      exchange.run(port);
    }
    connectAnew();
  }

  /**
   * Opens the port after one who may have left inside a frame. The guest needs a moment to notice
   * that the port was left, and nothing outside tells when it has; who comes earlier is taken for
   * the one before, and has to leave again.
   */
  private void connectAnew() {
    for (int attempt = 1; ; attempt++) {
      try {
        Thread.sleep(50L * attempt);
        connect();
        connection.send(Health.CHECK, CheckRequest.DEFAULT).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        return;
      } catch (TimeoutException e) {
        connection.close();
        if (attempt == MAX_ATTEMPTS) {
          throw new AssertionError("the agent does not answer the next host", e);
        }
      } catch (ExecutionException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Makes the sandbox with the shared directory mounted. */
  void createSandbox() throws RpcException {
    connection.call(AgentService.CREATE_SANDBOX, sandboxRequest());
  }

  /** What {@link #createSandbox} asks for. */
  static CreateSandboxRequest sandboxRequest() {
    Storage storage =
        Storage.DEFAULT
            .withDriver("9p")
            .withSource(TAG)
            .withFstype("9p")
            .withOptions(List.of("trans=virtio", "version=9p2000.L", "msize=512000"))
            .withMountPoint(SHARE);
    return CreateSandboxRequest.DEFAULT.withSandboxId("test").withStorages(List.of(storage));
  }

  /** A root file system of busybox. */
  record Root(Path onHost, String inGuest) {}

  /** Makes a new root file system of busybox. */
  Root newRoot() {
    String name = "root" + roots++;
    Path image = Dist.busybox();
    Path root = share.resolve(name);
    try (Stream<Path> files = Files.walk(image)) {
      for (Path file : files.toList()) {
        Path copy = root.resolve(image.relativize(file).toString());
        BasicFileAttributes attributes =
            Files.readAttributes(
                file, BasicFileAttributes.class, java.nio.file.LinkOption.NOFOLLOW_LINKS);
        if (attributes.isSymbolicLink()) {
          Files.createSymbolicLink(copy, Files.readSymbolicLink(file));
        } else if (attributes.isDirectory()) {
          Files.createDirectory(copy);
          Files.setPosixFilePermissions(copy, Files.getPosixFilePermissions(file));
        } else {
          Files.copy(file, copy, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Root(root, SHARE + "/" + name);
  }

  /** Makes an empty directory to be a volume. */
  Root newVolume() {
    String name = "volume" + roots++;
    try {
      return new Root(Files.createDirectory(share.resolve(name)), SHARE + "/" + name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean isRunning() {
    return machine.isAlive();
  }

  /** What the guest's kernel and agent wrote to the console, and QEMU's own words. */
  String console() {
    try {
      Path console = directory.resolve("console");
      return (Files.exists(console) ? Files.readString(console) : "")
          + Files.readString(directory.resolve("qemu.log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends the machine and removes its files. */
  @Override
  public void close() {
    if (connection != null) {
      connection.close();
    }
    machine.destroyForcibly();
    try {
      machine.waitFor();
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}

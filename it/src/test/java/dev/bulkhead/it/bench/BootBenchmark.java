package dev.bulkhead.it.bench;

import dev.bulkhead.agentapi.CheckRequest;
import dev.bulkhead.agentapi.Health;
import dev.bulkhead.it.Dist;
import dev.bulkhead.ttrpc.Client;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * From the start of QEMU to the agent's first answer, against the bare floor: the same QEMU
 * arguments, kernel and modules, and an init that only answers on the port.
 */
final class BootBenchmark implements AutoCloseable {
  private final List<String> qemu;
  private final Path kernel;
  private final Path agentInitrd;
  private final Path floorInitrd;
  private final Path scratch;

  private BootBenchmark(
      List<String> qemu, Path kernel, Path agentInitrd, Path floorInitrd, Path scratch) {
    this.qemu = qemu;
    this.kernel = kernel;
    this.agentInitrd = agentInitrd;
    this.floorInitrd = floorInitrd;
    this.scratch = scratch;
  }

  /**
   * Measures and prints.
   *
   * @param floorInitrd the real initrd with the floor's init in the agent's place
   */
  static void run(Path floorInitrd, int rounds) throws Exception {
    try (BootBenchmark benchmark = prepare(floorInitrd)) {
      new Contest("from QEMU's start to the guest's first answer")
          .with("bare floor", benchmark::floor)
          .with("Bulkhead's agent", benchmark::agent)
          .hold(rounds);
    }
  }

  /** Finds out how machines are booted here. */
  static BootBenchmark prepare(Path floorInitrd) throws Exception {
    Path scratch = Files.createTempDirectory("bulkhead-bench");
    return new BootBenchmark(
        realCommandLine(scratch.resolve("boots.toml")),
        Dist.SHARE.resolve("vmlinux"),
        Dist.SHARE.resolve("initrd"),
        floorInitrd,
        scratch);
  }

  /** The same with the kernel of {@code make guest-kernel}, if it was made. */
  Optional<BootBenchmark> withOwnKernel() throws IOException {
    Path share = Dist.SHARE.resolve("guest-kernel");
    return Files.exists(share.resolve("vmlinux"))
        ? Optional.of(
            new BootBenchmark(
                qemu,
                share.resolve("vmlinux"),
                share.resolve("initrd"),
                floorInitrd.resolveSibling("own").resolve("initrd"),
                Files.createTempDirectory("bulkhead-bench")))
        : Optional.empty();
  }

  @Override
  public void close() throws IOException {
    try (var files = Files.list(scratch)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(scratch);
  }

  /** The command line with which `bulkhead run` boots a machine, read off a running one. */
  private static List<String> realCommandLine(Path configuration) throws Exception {
    Files.writeString(configuration, "[factory]\ntemplate = false\n");
    Process run =
        Dist.bulkhead(
                "--config",
                configuration.toString(),
                "run",
                Dist.busybox().toString(),
                "sh",
                "-c",
                "echo up; exec sleep 60")
            .start();
    try {
      if (run.inputReader().readLine() == null) {
        throw new IOException("bulkhead run failed");
      }
      ProcessHandle hypervisor =
          run.descendants()
              .filter(process -> process.info().command().orElse("").contains("qemu"))
              .findFirst()
              .orElseThrow(() -> new IOException("bulkhead run started no QEMU"));
      byte[] line = Files.readAllBytes(Path.of("/proc/" + hypervisor.pid() + "/cmdline"));
      return List.of(new String(line, StandardCharsets.UTF_8).split("\0"));
    } finally {
      run.destroy();
      run.waitFor();
    }
  }

  private double agent() throws Exception {
    return measure(agentInitrd, BootBenchmark::awaitAgent);
  }

  /** Boots to the floor's init; answers the milliseconds until it answers. */
  double floor() throws Exception {
    return measure(floorInitrd, BootBenchmark::awaitEcho);
  }

  /** Speaks first, as the bytes wait in the port until the guest opens it. */
  private interface Exchange {
    void await(SocketChannel channel) throws IOException;
  }

  private static void awaitEcho(SocketChannel channel) throws IOException {
    channel.write(ByteBuffer.wrap(new byte[] {1}));
    if (channel.read(ByteBuffer.allocate(1)) != 1) {
      throw new IOException("the floor's guest ended");
    }
  }

  private static void awaitAgent(SocketChannel channel) throws IOException {
    List<byte[]> frames = new ArrayList<>();
    Client client = new Client(frames::add);
    var call = client.call(Health.CHECK, CheckRequest.DEFAULT);
    channel.write(ByteBuffer.wrap(frames.getFirst()));
    ByteBuffer answer = ByteBuffer.allocate(4096);
    while (!call.isDone()) {
      answer.clear();
      if (channel.read(answer) < 0) {
        throw new IOException("the agent's guest ended");
      }
      client.receive(answer.array(), 0, answer.position());
    }
  }

  private double measure(Path initrd, Exchange exchange) throws Exception {
    Path socket = scratch.resolve("port");
    Files.deleteIfExists(socket);
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      long start = System.nanoTime();
      Process process =
          new ProcessBuilder(commandLine(initrd, socket))
              .redirectErrorStream(true)
              .redirectOutput(scratch.resolve("log").toFile())
              .start();
      try (SocketChannel channel = server.accept()) {
        exchange.await(channel);
        return (System.nanoTime() - start) / 1e6;
      } catch (IOException e) {
        throw new IOException("QEMU says: " + Files.readString(scratch.resolve("log")), e);
      } finally {
        process.destroyForcibly().waitFor();
      }
    }
  }

  /** The real arguments, with paths and without a share instead of inherited descriptors. */
  private List<String> commandLine(Path initrd, Path socket) {
    List<String> line = new ArrayList<>();
    for (int i = 0; i < qemu.size(); i++) {
      String word = qemu.get(i);
      String next = i + 1 < qemu.size() ? qemu.get(i + 1) : "";
      if (word.equals("-kernel")) {
        line.addAll(List.of(word, kernel.toString()));
        i++;
      } else if (word.equals("-initrd")) {
        line.addAll(List.of(word, initrd.toString()));
        i++;
      } else if (word.equals("-fsdev") || next.startsWith("virtio-9p")) {
        i++;
      } else if (word.equals("-chardev") && next.startsWith("socket,id=agent")) {
        line.addAll(List.of(word, "socket,id=agent,path=" + socket));
        i++;
      } else if (word.equals("-chardev") && next.startsWith("socket,")) {
        line.addAll(List.of(word, next.replaceAll("^socket,(id=[^,]*),.*", "null,$1")));
        i++;
      } else {
        line.add(word);
      }
    }
    return line;
  }
}

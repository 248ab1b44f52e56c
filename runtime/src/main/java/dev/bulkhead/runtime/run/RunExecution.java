package dev.bulkhead.runtime.run;

import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Machine;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.RootDirectory;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.runtime.cli.Request;
import dev.bulkhead.runtime.cli.UsageException;
import dev.bulkhead.runtime.cli.Values;
import dev.bulkhead.runtime.command.GlobalOptions;
import dev.bulkhead.runtime.command.RunCommand;
import dev.bulkhead.runtime.config.Configuration;
import dev.bulkhead.runtime.config.ConfigurationException;
import dev.bulkhead.runtime.image.Accounts;
import dev.bulkhead.runtime.image.Image;
import dev.bulkhead.runtime.image.ImageReference;
import dev.bulkhead.runtime.image.ImageStore;
import dev.bulkhead.runtime.image.PullPolicy;
import dev.bulkhead.runtime.network.bridge.PublishedPort;
import dev.bulkhead.runtime.setup.ConfigurationLoader;
import dev.bulkhead.runtime.setup.Setup;
import dev.bulkhead.runtime.setup.SharedFiles;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Carries out {@code bulkhead run IMAGE}: refresh the image, write its specification, run it. */
public final class RunExecution {
  private static final int ACCOUNTS_LIMIT = 1 << 20;
  private static final int FILE_LIMIT = 4 << 20;

  private RunExecution() {}

  private static final ImageReference.FileLookup FILES =
      new ImageReference.FileLookup() {
        @Override
        public boolean exists(String path) {
          return Files.exists(path);
        }

        @Override
        public boolean isDirectory(String path) {
          return Files.isDirectory(path);
        }
      };

  private static final ContainerSpec.Surroundings SURROUNDINGS =
      new ContainerSpec.Surroundings() {
        @Override
        public Optional<String> variable(String name) {
          return Environment.variable(name);
        }

        @Override
        public String fileText(String path) {
          return new String(Files.read(path, FILE_LIMIT), StandardCharsets.UTF_8);
        }

        @Override
        public String absolute(String path) {
          return path.startsWith("/") ? path : Files.currentDirectory() + "/" + path;
        }
      };

  /**
   * Runs.
   *
   * @param warn told what is not as good as it could be, in one line
   * @return the exit code of the container's process, or of the signal that ended the wait for it
   */
  public static int run(Request.Invocation invocation, Consumer<String> warn)
      throws UsageException, ConfigurationException {
    if (!Processes.isRoot()) {
      throw new UsageException("'run' mounts file systems, so it has to be run as root");
    }
    try (EventLoop loop = new EventLoop();
        Interruption interruption = Interruption.listen(loop)) {
      try {
        return run(loop, interruption, invocation, warn);
      } catch (Interruption.Interrupted e) {
        return e.exitCode();
      }
    }
  }

  /** The specification that {@code spec} writes: a shell with Docker's usual rights. */
  public static Spec exampleSpec(Values options) throws UsageException {
    return new ContainerSpec(options, Image.Config.NONE, new Accounts("", ""), SURROUNDINGS)
        .build("bulkhead", "rootfs", List.of("sh"));
  }

  private static int run(
      EventLoop loop,
      Interruption interruption,
      Request.Invocation invocation,
      Consumer<String> warn)
      throws UsageException, ConfigurationException {
    Values options = invocation.options();
    RunNetwork.Wish network = network(options);
    Optional<String> share = SharedFiles.find();
    Configuration configuration =
        ConfigurationLoader.load(GlobalOptions.configuration(invocation.globals()), share);
    ImageReference reference =
        ImageReference.parse(invocation.get(RunCommand.IMAGE).orElseThrow(), FILES);
    ImageStore store =
        new ImageStore(
            loop,
            configuration.images().store(),
            configuration.images().insecureRegistries(),
            interruption::check);
    Image image = store.get(reference, options.get(RunCommand.PULL).orElse(PullPolicy.MISSING));
    String name = options.get(RunCommand.NAME).orElseGet(RunExecution::newName);
    Spec spec =
        new ContainerSpec(options, image.config(), accounts(image), SURROUNDINGS)
            .build(name, image.root(), invocation.all(RunCommand.COMMAND));
    Setup setup =
        Setup.of(
            loop,
            configuration,
            share,
            invocation.globals().get(GlobalOptions.ROOT).orElse(GlobalOptions.DEFAULT_ROOT),
            warn);
    if (!setup.guestSeccomp()) {
      spec = spec.withLinux(spec.linux().withSeccomp(null));
    }
    return new ForegroundRun(loop, setup, warn)
        .run(
            new ForegroundRun.Container(
                name, image.root(), spec, options.isSet(RunCommand.INTERACTIVE), network),
            interruption);
  }

  private static RunNetwork.Wish network(Values options) throws UsageException {
    List<PublishedPort> ports = options.all(RunCommand.PUBLISH);
    RunCommand.Net net =
        options
            .get(RunCommand.NET)
            .orElse(ports.isEmpty() ? RunCommand.Net.NONE : RunCommand.Net.BRIDGE);
    return switch (net) {
      case NONE -> {
        if (!ports.isEmpty()) {
          throw new UsageException("a port can be published with --net bridge only");
        }
        yield new RunNetwork.Wish.None();
      }
      case BRIDGE -> new RunNetwork.Wish.Bridge(ports);
    };
  }

  /** Twelve hexadecimal digits, as Docker's short ids. */
  private static String newName() {
    StringBuilder name = new StringBuilder();
    for (byte b : Machine.random(6)) {
      name.append(Character.forDigit((b >> 4) & 15, 16)).append(Character.forDigit(b & 15, 16));
    }
    return name.toString();
  }

  private static Accounts accounts(Image image) {
    try (RootDirectory root = RootDirectory.open(image.root())) {
      return new Accounts(text(root, "/etc/passwd"), text(root, "/etc/group"));
    }
  }

  private static String text(RootDirectory root, String path) {
    return root.readIfExists(path, ACCOUNTS_LIMIT)
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
        .orElse("");
  }
}

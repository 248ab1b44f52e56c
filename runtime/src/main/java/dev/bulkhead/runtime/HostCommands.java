package dev.bulkhead.runtime;

import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Request;
import dev.bulkhead.runtime.cli.UsageException;
import dev.bulkhead.runtime.cli.Values;
import dev.bulkhead.runtime.command.CheckCommand;
import dev.bulkhead.runtime.command.DirectVolumeCommand;
import dev.bulkhead.runtime.command.EnvCommand;
import dev.bulkhead.runtime.command.GlobalOptions;
import dev.bulkhead.runtime.command.InstallCommand;
import dev.bulkhead.runtime.command.PoolCommand;
import dev.bulkhead.runtime.command.TemplateCommand;
import dev.bulkhead.runtime.config.ConfigurationException;
import dev.bulkhead.runtime.host.EnvironmentReport;
import dev.bulkhead.runtime.host.HostCheck;
import dev.bulkhead.runtime.host.HostReport;
import dev.bulkhead.runtime.host.NetworkCheck;
import dev.bulkhead.runtime.install.Engine;
import dev.bulkhead.runtime.install.EngineRuntime;
import dev.bulkhead.runtime.install.Installation;
import dev.bulkhead.runtime.install.KubernetesObjects;
import dev.bulkhead.runtime.install.Uses;
import dev.bulkhead.runtime.pool.PoolActions;
import dev.bulkhead.runtime.pool.PoolUse;
import dev.bulkhead.runtime.run.RunExecution;
import dev.bulkhead.runtime.setup.ConfigurationLoader;
import dev.bulkhead.runtime.setup.Setup;
import dev.bulkhead.runtime.setup.SharedFiles;
import dev.bulkhead.runtime.template.TemplateActions;
import dev.bulkhead.runtime.volume.DirectVolumeActions;
import dev.bulkhead.sandbox.disk.DirectVolumes;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;

/** Carries out the commands about the host: check, env, install, uninstall, template, pool. */
final class HostCommands {
  private static final int NOT_CAPABLE = 1;
  private static final long USUAL_POOL = 2;

  private final Values globals;
  private final boolean kata;
  private final Consumer<String> warn;

  /**
   * Makes them ready.
   *
   * @param kata whether the program is called as Kata's is
   * @param warn told what is not as good as it could be, in one line
   */
  HostCommands(Values globals, boolean kata, Consumer<String> warn) {
    this.globals = globals;
    this.kata = kata;
    this.warn = warn;
  }

  /**
   * Carries a command out.
   *
   * @return the exit code, or empty if the command is another's
   */
  Optional<Integer> run(Request.Invocation invocation)
      throws UsageException, ConfigurationException {
    return switch (invocation.command().name()) {
      case "check" -> Optional.of(check(invocation.options()));
      case "env" -> Optional.of(env(invocation.options()));
      case "install" -> Optional.of(print(install(invocation)));
      case "uninstall" ->
          Optional.of(
              print(
                  installation(
                          invocation.get(InstallCommand.ENGINE).orElseThrow(), invocation.options())
                      .uninstall()));
      case "template" -> Optional.of(template(invocation));
      case "direct-volume" -> Optional.of(directVolume(invocation));
      case "pool" -> Optional.of(pool(invocation));
      default -> Optional.empty();
    };
  }

  private int check(Values options) throws UsageException, ConfigurationException {
    for (Option<Boolean> flag : CheckCommand.RELEASES) {
      if (options.isSet(flag)) {
        throw new UsageException(
            "--"
                + flag.longName()
                + " would ask a server for releases, which Bulkhead never does; see where you got"
                + " it from");
      }
    }
    try (EventLoop loop = new EventLoop()) {
      if (options.isSet(CheckCommand.NETWORK)) {
        HostReport report = new NetworkCheck(loop).run();
        print(options.isSet(CheckCommand.JSON) ? report.json() : report.lines());
        return code(options, report);
      }
      Optional<String> share = SharedFiles.find();
      HostReport report =
          new HostCheck(
                  loop,
                  ConfigurationLoader.load(GlobalOptions.configuration(globals), share),
                  share)
              .run();
      print(options.isSet(CheckCommand.JSON) ? report.json() : report.text(kata));
      return code(options, report);
    }
  }

  private static int code(Values options, HostReport report) {
    boolean good = options.isSet(CheckCommand.STRICT) ? report.perfect() : report.capable();
    return good ? 0 : NOT_CAPABLE;
  }

  private int env(Values options) throws ConfigurationException {
    try (EventLoop loop = new EventLoop()) {
      Optional<String> share = SharedFiles.find();
      EnvironmentReport report =
          EnvironmentReport.of(
              loop,
              ConfigurationLoader.load(GlobalOptions.configuration(globals), share),
              share,
              globals.get(GlobalOptions.ROOT).orElse(GlobalOptions.DEFAULT_ROOT));
      return print(options.isSet(EnvCommand.JSON) ? report.json() : report.toml());
    }
  }

  private int template(Request.Invocation invocation) throws ConfigurationException {
    TemplateCommand.Action action = invocation.get(TemplateCommand.ACTION).orElseThrow();
    try (EventLoop loop = new EventLoop()) {
      Optional<String> share = SharedFiles.find();
      TemplateActions actions =
          new TemplateActions(
              Setup.of(
                  loop,
                  ConfigurationLoader.load(GlobalOptions.configuration(globals), share),
                  share,
                  globals.get(GlobalOptions.ROOT).orElse(GlobalOptions.DEFAULT_ROOT),
                  // The others boot nothing.
                  action == TemplateCommand.Action.CREATE ? warn : warning -> {}));
      return switch (action) {
        case STATUS ->
            print(
                invocation.options().isSet(TemplateCommand.JSON)
                    ? actions.json()
                    : actions.status());
        case CREATE -> {
          actions.create();
          yield 0;
        }
        case REMOVE -> {
          actions.remove();
          yield 0;
        }
      };
    }
  }

  private static int directVolume(Request.Invocation invocation) throws UsageException {
    Values options = invocation.options();
    String path = required(options, DirectVolumeCommand.VOLUME_PATH);
    try (EventLoop loop = new EventLoop()) {
      DirectVolumeActions actions = new DirectVolumeActions(loop);
      switch (invocation.get(DirectVolumeCommand.ACTION).orElseThrow()) {
        case ADD ->
            DirectVolumes.OF_HOST.add(path, required(options, DirectVolumeCommand.MOUNT_INFO));
        case REMOVE -> DirectVolumes.OF_HOST.remove(path);
        case STATS -> print(actions.statistics(path));
        case RESIZE -> actions.resize(path, required(options, DirectVolumeCommand.SIZE));
      }
      return 0;
    }
  }

  private static <T> T required(Values options, Option<T> option) throws UsageException {
    return options
        .get(option)
        .orElseThrow(() -> new UsageException("--" + option.longName() + " is missing"));
  }

  private int pool(Request.Invocation invocation) throws UsageException, ConfigurationException {
    Optional<String> share = SharedFiles.find();
    PoolActions actions =
        new PoolActions(
            ConfigurationLoader.load(GlobalOptions.configuration(globals), share),
            share,
            globals.get(GlobalOptions.ROOT).orElse(GlobalOptions.DEFAULT_ROOT));
    Values options = invocation.options();
    return switch (invocation.get(PoolCommand.ACTION).orElseThrow()) {
      case KEEP -> {
        actions.keep(
            Math.toIntExact(options.get(PoolCommand.SIZE).orElse(USUAL_POOL)),
            options.get(PoolCommand.FOR).orElse(PoolUse.ENGINES),
            RunExecution.exampleSpec(options),
            line -> print(line + "\n"),
            warn);
        yield 0;
      }
      case STATUS -> print(options.isSet(PoolCommand.JSON) ? actions.json() : actions.status());
    };
  }

  private static String install(Request.Invocation invocation) {
    Values options = invocation.options();
    return switch (invocation.get(InstallCommand.PLACE).orElseThrow()) {
      case InstallCommand.Place.Settings(Engine engine) ->
          installation(engine, options)
              .install(
                  new Uses(
                      options.isSet(InstallCommand.DEFAULT),
                      options.isSet(InstallCommand.UNTRUSTED)));
      case InstallCommand.Place.Kubernetes() -> KubernetesObjects.yaml(runtime(options));
    };
  }

  private static EngineRuntime runtime(Values options) {
    return new EngineRuntime(
        options.get(InstallCommand.NAME).orElse(InstallCommand.DEFAULT_NAME),
        Environment.executable());
  }

  private static Installation installation(Engine engine, Values options) {
    return new Installation(
        engine,
        runtime(options),
        options.get(InstallCommand.CONFIG).map(HostCommands::absolute),
        options.isSet(InstallCommand.DRY_RUN));
  }

  private static String absolute(String path) {
    return path.startsWith("/") ? path : Files.currentDirectory() + "/" + path;
  }

  private static int print(String text) {
    Fd.STDOUT.writeAll(text.getBytes(StandardCharsets.UTF_8));
    return 0;
  }
}

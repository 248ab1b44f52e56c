package dev.bulkhead.runtime;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.oci.LinuxBlockIo;
import dev.bulkhead.oci.LinuxCpu;
import dev.bulkhead.oci.LinuxMemory;
import dev.bulkhead.oci.LinuxPids;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.runtime.cli.Request;
import dev.bulkhead.runtime.cli.UsageException;
import dev.bulkhead.runtime.cli.Values;
import dev.bulkhead.runtime.command.DeleteCommand;
import dev.bulkhead.runtime.command.EventsCommand;
import dev.bulkhead.runtime.command.ExecCommand;
import dev.bulkhead.runtime.command.GlobalOptions;
import dev.bulkhead.runtime.command.KillCommand;
import dev.bulkhead.runtime.command.ListCommand;
import dev.bulkhead.runtime.command.OciOptions;
import dev.bulkhead.runtime.command.PsCommand;
import dev.bulkhead.runtime.command.UpdateCommand;
import dev.bulkhead.runtime.config.Configuration;
import dev.bulkhead.runtime.config.ConfigurationException;
import dev.bulkhead.runtime.container.ContainerRoot;
import dev.bulkhead.runtime.container.MessageLog;
import dev.bulkhead.runtime.monitor.Monitor;
import dev.bulkhead.runtime.oci.Create;
import dev.bulkhead.runtime.oci.Delete;
import dev.bulkhead.runtime.oci.Events;
import dev.bulkhead.runtime.oci.Exec;
import dev.bulkhead.runtime.oci.ExecProcess;
import dev.bulkhead.runtime.oci.FeaturesCommand;
import dev.bulkhead.runtime.oci.Kill;
import dev.bulkhead.runtime.oci.ListContainers;
import dev.bulkhead.runtime.oci.OciRuntime;
import dev.bulkhead.runtime.oci.Pause;
import dev.bulkhead.runtime.oci.Ps;
import dev.bulkhead.runtime.oci.Resume;
import dev.bulkhead.runtime.oci.RunBundle;
import dev.bulkhead.runtime.oci.SpecCommand;
import dev.bulkhead.runtime.oci.Start;
import dev.bulkhead.runtime.oci.StateCommand;
import dev.bulkhead.runtime.oci.Update;
import dev.bulkhead.runtime.run.RunExecution;
import dev.bulkhead.runtime.setup.ConfigurationLoader;
import dev.bulkhead.runtime.setup.Setup;
import dev.bulkhead.runtime.setup.SharedFiles;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Carries out the commands of the OCI command line. */
final class OciCommands {
  private static final String DEFAULT_SIGNAL = "TERM";
  private static final long DEFAULT_INTERVAL_MILLIS = 5_000;

  private final OciRuntime runtime;
  private final Values globals;

  /** Makes them ready. */
  OciCommands(Values globals) {
    this.runtime =
        new OciRuntime(root(globals), log(globals), globals.isSet(GlobalOptions.SYSTEMD_CGROUP));
    this.globals = globals;
  }

  /** The log that the command line names. */
  static MessageLog log(Values globals) {
    boolean json = globals.get(GlobalOptions.LOG_FORMAT).filter("json"::equals).isPresent();
    return new MessageLog(globals.get(GlobalOptions.LOG).map(OciCommands::absolute), json);
  }

  private static ContainerRoot root(Values globals) {
    return new ContainerRoot(
        absolute(globals.get(GlobalOptions.ROOT).orElse(GlobalOptions.DEFAULT_ROOT)));
  }

  private static String absolute(String path) {
    return path.startsWith("/") ? path : Files.currentDirectory() + "/" + path;
  }

  /**
   * Carries a command out.
   *
   * @return the exit code, or empty if the command is another's
   */
  Optional<Integer> run(Request.Invocation invocation)
      throws UsageException, ConfigurationException {
    Values options = invocation.options();
    return switch (invocation.command().name()) {
      case "create" -> {
        new Create(runtime, preparation()).run(createOptions(invocation));
        yield done();
      }
      case "start" -> {
        invocation.all(OciOptions.IDS).forEach(new Start(runtime)::run);
        yield done();
      }
      case "state" -> print(new StateCommand(runtime).run(id(invocation)));
      case "kill" -> {
        String signal = invocation.get(KillCommand.SIGNAL).orElse(DEFAULT_SIGNAL);
        new Kill(runtime).run(id(invocation), signal, options.isSet(KillCommand.ALL));
        yield done();
      }
      case "delete" -> {
        boolean force = options.isSet(DeleteCommand.FORCE);
        invocation.all(OciOptions.IDS).forEach(id -> new Delete(runtime).run(id, force));
        yield done();
      }
      case "list" -> print(new ListContainers(runtime).run(listFormat(options)));
      case "exec" -> Optional.of(new Exec(runtime).run(execOptions(invocation)));
      case "pause" -> {
        new Pause(runtime).run(id(invocation));
        yield done();
      }
      case "resume" -> {
        new Resume(runtime).run(id(invocation));
        yield done();
      }
      case "update" -> {
        new Update(runtime).run(id(invocation), resources(options));
        yield done();
      }
      case "ps" ->
          print(
              options.get(PsCommand.FORMAT).filter("json"::equals).isPresent()
                  ? new Ps(runtime).json(id(invocation))
                  : new Ps(runtime).table(id(invocation), invocation.all(PsCommand.ARGUMENTS)));
      case "events" -> {
        if (options.isSet(EventsCommand.STATS)) {
          yield print(new Events(runtime).once(id(invocation)));
        }
        long interval = options.get(EventsCommand.INTERVAL).orElse(DEFAULT_INTERVAL_MILLIS);
        new Events(runtime).follow(id(invocation), Math.max(1, interval));
        yield done();
      }
      case "spec" -> {
        SpecCommand.run(
            options.get(OciOptions.BUNDLE).orElse("."), RunExecution.exampleSpec(options));
        yield done();
      }
      case "features" -> print(FeaturesCommand.run());
      case "run" ->
          options.has(OciOptions.BUNDLE)
              ? Optional.of(
                  new RunBundle(runtime, preparation())
                      .run(createOptions(invocation), options.isSet(OciOptions.DETACH)))
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static LinuxResources resources(Values options) {
    if (options.has(UpdateCommand.RESOURCES)) {
      return Update.read(options.get(UpdateCommand.RESOURCES).orElseThrow());
    }
    LinuxMemory memory =
        LinuxMemory.DEFAULT
            .withLimit(options.get(UpdateCommand.MEMORY).orElse(null))
            .withReservation(options.get(UpdateCommand.MEMORY_RESERVATION).orElse(null))
            .withSwap(options.get(UpdateCommand.MEMORY_SWAP).orElse(null));
    LinuxCpu cpu =
        LinuxCpu.DEFAULT
            .withPeriod(options.get(UpdateCommand.CPU_PERIOD).orElse(null))
            .withQuota(options.get(UpdateCommand.CPU_QUOTA).orElse(null))
            .withShares(options.get(UpdateCommand.CPU_SHARE).orElse(null))
            .withCpus(options.get(UpdateCommand.CPUSET_CPUS).orElse(""))
            .withMems(options.get(UpdateCommand.CPUSET_MEMS).orElse(""));
    LinuxBlockIo blockIo =
        LinuxBlockIo.DEFAULT.withWeight(
            options.get(UpdateCommand.BLKIO_WEIGHT).map(Long::intValue).orElse(null));
    return LinuxResources.DEFAULT
        .withMemory(memory)
        .withCpu(cpu)
        .withBlockIo(blockIo)
        .withPids(LinuxPids.DEFAULT.withLimit(options.get(UpdateCommand.PIDS_LIMIT).orElse(null)));
  }

  /** Reads the configuration now, so that its errors are told before anything is begun. */
  private Monitor.Preparation preparation() throws ConfigurationException {
    Optional<String> share = SharedFiles.find();
    Configuration configuration =
        ConfigurationLoader.load(GlobalOptions.configuration(globals), share);
    String root = runtime.root().path();
    return (loop, warn) -> Setup.of(loop, configuration, share, root, warn);
  }

  private static Optional<Integer> done() {
    return Optional.of(0);
  }

  private static Optional<Integer> print(String text) {
    Fd.STDOUT.writeAll(text.getBytes(StandardCharsets.UTF_8));
    return done();
  }

  private static String id(Request.Invocation invocation) {
    return invocation.get(OciOptions.ID).orElseThrow();
  }

  private static Create.Options createOptions(Request.Invocation invocation) throws UsageException {
    Values options = invocation.options();
    OciOptions.check(options);
    return new Create.Options(
        id(invocation),
        options.get(OciOptions.BUNDLE).orElse("."),
        options.get(OciOptions.PID_FILE),
        options.get(OciOptions.CONSOLE_SOCKET));
  }

  private static ListContainers.Format listFormat(Values options) throws UsageException {
    if (options.isSet(ListCommand.KATA_ALL)) {
      throw new UsageException(
          "--kata-all is not supported; 'env' shows the kernel and image of new containers");
    }
    if (options.isSet(ListCommand.QUIET)) {
      return ListContainers.Format.QUIET;
    }
    return options.get(ListCommand.FORMAT).filter("json"::equals).isPresent()
        ? ListContainers.Format.JSON
        : ListContainers.Format.TABLE;
  }

  private Exec.Options execOptions(Request.Invocation invocation) throws UsageException {
    Values options = invocation.options();
    OciOptions.check(options);
    Optional<String> file = options.get(ExecCommand.PROCESS);
    if (file.isEmpty() == invocation.all(ExecCommand.COMMAND).isEmpty()) {
      throw new UsageException("exec needs either a COMMAND or --process FILE");
    }
    return new Exec.Options(
        id(invocation),
        file.isPresent()
            ? Exec.readProcess(file.get())
            : new ExecProcess(runtime)
                .of(
                    id(invocation),
                    new ExecProcess.Changes(
                        invocation.all(ExecCommand.COMMAND),
                        options.isSet(ExecCommand.TTY),
                        options.get(ExecCommand.CWD),
                        options.all(ExecCommand.ENV),
                        options.get(ExecCommand.USER),
                        options.all(ExecCommand.ADDITIONAL_GIDS),
                        options.all(ExecCommand.CAP),
                        options.isSet(ExecCommand.NO_NEW_PRIVS))),
        options.isSet(OciOptions.DETACH),
        options.get(OciOptions.PID_FILE),
        options.get(OciOptions.CONSOLE_SOCKET));
  }
}

package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Argument;
import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Completes;
import dev.bulkhead.runtime.cli.Entry;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import dev.bulkhead.runtime.cli.ValueType;
import dev.bulkhead.runtime.image.EnvironmentVariable;
import dev.bulkhead.runtime.image.PullPolicy;
import dev.bulkhead.runtime.image.Tmpfs;
import dev.bulkhead.runtime.image.Ulimit;
import dev.bulkhead.runtime.image.Volume;
import dev.bulkhead.runtime.network.bridge.PublishedPort;
import java.util.List;
import java.util.Locale;

/** {@code run}: a container of an image, or of an OCI bundle, from its start to its end. */
public final class RunCommand {
  // How the process is started and seen.
  public static final Option<Boolean> INTERACTIVE =
      Option.flag("interactive", "Pass standard input on to the command").withShort('i');

  public static final Option<Boolean> TTY =
      Option.flag("tty", "Give the command a terminal").withShort('t');

  public static final Option<Boolean> RM =
      Option.flag("rm", "Remove the container when it ends")
          .asIgnored("a container that 'run IMAGE' made is always removed when it ends");

  public static final Option<String> NAME =
      Option.of("name", "NAME", ValueType.TEXT, "Call the container so");

  public static final Option<String> ENTRYPOINT =
      Option.of(
          "entrypoint",
          "PROGRAM",
          ValueType.TEXT,
          "Run this instead of the image's entry point; COMMAND are its arguments");

  public static final Option<EnvironmentVariable> ENV =
      Option.of(
              "env",
              "NAME=VALUE",
              ValueType.of(EnvironmentVariable::parse),
              "Set a variable; NAME alone takes over the caller's")
          .withShort('e')
          .asRepeatable();

  public static final Option<String> ENV_FILE =
      Option.of(
              "env-file",
              "FILE",
              ValueType.FILE,
              "Set the variables that this file lists, one a line")
          .asRepeatable();

  public static final Option<String> WORKDIR =
      Option.of("workdir", "DIR", ValueType.TEXT, "Run the command in this directory")
          .withShort('w');

  public static final Option<String> USER =
      Option.of(
              "user",
              "USER[:GROUP]",
              ValueType.TEXT,
              "Run the command as this user, by name or number")
          .withShort('u');

  public static final Option<String> GROUP_ADD =
      Option.of("group-add", "GROUP", ValueType.TEXT, "Put the command into a further group")
          .asRepeatable();

  public static final Option<String> HOSTNAME =
      Option.of("hostname", "NAME", ValueType.TEXT, "Give the container this host name")
          .withShort('h');

  // What it sees of files.
  public static final Option<Volume> VOLUME =
      Option.of(
              "volume",
              "SRC:DST[:ro]",
              ValueType.of(Volume::parse, Completes.DIRECTORIES),
              "Show a directory or file of the host in the container")
          .withShort('v')
          .asRepeatable();

  public static final Option<Tmpfs> TMPFS =
      Option.of(
              "tmpfs",
              "DIR[:OPTION,...]",
              ValueType.of(Tmpfs::parse),
              "Mount an empty file system in memory")
          .asRepeatable();

  public static final Option<Boolean> READ_ONLY =
      Option.flag(
          "read-only", "Let the command write nothing but volumes and file systems in memory");

  public static final Option<Long> SHM_SIZE =
      Option.of("shm-size", "SIZE", ValueType.SIZE, "The size of /dev/shm; 64m without it");

  /** Networks of {@code run}. */
  public enum Net {
    NONE,
    BRIDGE;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public static final Option<Net> NET =
      Option.of(
          "net",
          "KIND",
          ValueType.oneOf(List.of(Net.values()), Net::word),
          "none for the loopback only, which is usual; bridge for a network that reaches outside,"
              + " with the host's names");

  public static final Option<PublishedPort> PUBLISH =
      Option.of(
              "publish",
              "HOST:GUEST[/udp]",
              ValueType.of(PublishedPort::parse),
              "Let a port of the host lead to one of the container; implies --net bridge")
          .withShort('p')
          .asRepeatable();

  // What it may use.
  public static final Option<Long> MEMORY =
      Option.of(
              "memory",
              "SIZE",
              ValueType.SIZE,
              "Limit memory; the virtual machine gets this and what its kernel needs")
          .withShort('m');

  public static final Option<Long> CPUS =
      Option.of(
          "cpus",
          "NUMBER",
          ValueType.CPUS,
          "Limit processor time; the virtual machine gets as many processors, rounded up");

  public static final Option<Long> CPU_SHARES =
      Option.of(
              "cpu-shares",
              "WEIGHT",
              ValueType.integer(2, 262_144),
              "The share of processor time among the sandbox's containers; 1024 is usual")
          .withShort('c');

  public static final Option<Long> PIDS_LIMIT =
      Option.of(
          "pids-limit",
          "NUMBER",
          ValueType.integer(-1, 4_194_304),
          "Limit the number of processes; -1 for no limit");

  public static final Option<Ulimit> ULIMIT =
      Option.of(
              "ulimit",
              "NAME=SOFT[:HARD]",
              ValueType.of(Ulimit::parse),
              "Set a limit of setrlimit(2)")
          .asRepeatable();

  public static final Option<Long> OOM_SCORE_ADJ =
      Option.of(
          "oom-score-adj",
          "NUMBER",
          ValueType.integer(-1000, 1000),
          "How likely the command is to be ended when the guest's memory is full");

  // What it may do.
  public static final Option<String> CAP_ADD =
      Option.of("cap-add", "CAPABILITY", ValueType.TEXT, "Give a capability of Linux, or ALL")
          .asRepeatable();

  public static final Option<String> CAP_DROP =
      Option.of("cap-drop", "CAPABILITY", ValueType.TEXT, "Take a capability of Linux, or ALL")
          .asRepeatable();

  public static final Option<Boolean> PRIVILEGED =
      Option.flag(
          "privileged",
          "Give all capabilities and the guest's devices, without masked paths; the host stays out"
              + " of reach");

  public static final Option<String> SECURITY_OPT =
      Option.of(
              "security-opt",
              "OPTION",
              ValueType.TEXT,
              "no-new-privileges, seccomp=unconfined, or seccomp=FILE for a profile of your own")
          .asRepeatable();

  public static final Option<String> SYSCTL =
      Option.of("sysctl", "NAME=VALUE", ValueType.TEXT, "Set a parameter of the guest's kernel")
          .asRepeatable();

  public static final Option<String> ANNOTATION =
      Option.of(
              "annotation",
              "NAME=VALUE",
              ValueType.TEXT,
              "Add an annotation to the container's OCI configuration")
          .asRepeatable();

  public static final Option<PullPolicy> PULL =
      Option.of(
          "pull",
          "WHEN",
          ValueType.oneOf(List.of(PullPolicy.values()), PullPolicy::word),
          "When to fetch an image from its registry; missing without it");

  public static final Argument<String> IMAGE =
      Argument.one(
          "IMAGE",
          ValueType.DIRECTORY,
          "A directory with a root file system, oci:PATH[:TAG], docker-archive:PATH[:NAME], or a"
              + " name in a registry");

  public static final Argument<String> COMMAND =
      Argument.rest("COMMAND", "What to run, with its arguments; without it, what the image says");

  /** The command as the command line knows it. */
  public static final Command DEFINITION =
      Command.of(
              "run",
              Commands.RUN_SECTION,
              "Run a command in a container with a virtual machine of its own",
              Usage.of(
                  List.of(
                      INTERACTIVE,
                      TTY,
                      RM,
                      NAME,
                      ENTRYPOINT,
                      ENV,
                      ENV_FILE,
                      WORKDIR,
                      USER,
                      GROUP_ADD,
                      HOSTNAME,
                      VOLUME,
                      TMPFS,
                      READ_ONLY,
                      SHM_SIZE,
                      NET,
                      PUBLISH,
                      MEMORY,
                      CPUS,
                      CPU_SHARES,
                      PIDS_LIMIT,
                      ULIMIT,
                      OOM_SCORE_ADJ,
                      CAP_ADD,
                      CAP_DROP,
                      PRIVILEGED,
                      SECURITY_OPT,
                      SYSCTL,
                      ANNOTATION,
                      PULL),
                  List.of(IMAGE, COMMAND)),
              Usage.selectedBy(
                  OciOptions.BUNDLE,
                  List.of(
                      OciOptions.BUNDLE,
                      OciOptions.DETACH,
                      OciOptions.PID_FILE,
                      OciOptions.CONSOLE_SOCKET,
                      OciOptions.CONSOLE,
                      OciOptions.PRESERVE_FDS,
                      OciOptions.NO_PIVOT,
                      OciOptions.NO_NEW_KEYRING,
                      OciOptions.NO_SUBREAPER),
                  List.of(OciOptions.ID)))
          .withDescription(
              """
              The image may be a directory that holds a root file system, an OCI layout as umoci and
              skopeo write it, a file of 'docker save', or a name in a registry, which is fetched
              once and kept. The container's writes are its own: they are gone when it ends and no
              other container of the image sees them.

              With --bundle it is the command of that name of the OCI runtimes: it creates, starts
              and deletes a container from a bundle's config.json.

              Standard input, output, the terminal and signals are the command's, as if it ran on
              the host, and its exit code is passed on.
              """)
          .withExamples(
              new Entry("bulkhead run ./rootfs uname -r", "Print the guest's kernel"),
              new Entry("bulkhead run -it debian:stable bash", "A shell in an image of Docker Hub"),
              new Entry(
                  "bulkhead run -v .:/src:ro -w /src -m 1g --cpus 2 oci:./gcc make -n",
                  "The current directory, read-only, with a limit on memory and processors"),
              new Entry(
                  "bulkhead run -p 8080:80 docker.io/library/nginx",
                  "A server that is reached at the host's port 8080"),
              new Entry("bulkhead run --bundle /tmp/bundle web", "A container from an OCI bundle"))
          .withExitCodes(
              new Entry("125", "Bulkhead could not run it; the message says why"),
              new Entry("126", "The command was found and cannot be executed"),
              new Entry("127", "The command was not found"),
              new Entry("128+n", "The command was ended by signal n"),
              new Entry("others", "The command's own"));

  private RunCommand() {}
}

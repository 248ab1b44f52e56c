package dev.bulkhead.runtime.run;

import dev.bulkhead.agentapi.Build;
import dev.bulkhead.linux.Capabilities;
import dev.bulkhead.oci.Linux;
import dev.bulkhead.oci.LinuxCapabilities;
import dev.bulkhead.oci.LinuxCpu;
import dev.bulkhead.oci.LinuxMemory;
import dev.bulkhead.oci.LinuxNamespace;
import dev.bulkhead.oci.LinuxPids;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.LinuxSeccomp;
import dev.bulkhead.oci.Mount;
import dev.bulkhead.oci.PosixRlimit;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.Root;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.oci.User;
import dev.bulkhead.runtime.cli.UsageException;
import dev.bulkhead.runtime.cli.Values;
import dev.bulkhead.runtime.command.RunCommand;
import dev.bulkhead.runtime.image.Accounts;
import dev.bulkhead.runtime.image.EnvironmentVariable;
import dev.bulkhead.runtime.image.Image;
import dev.bulkhead.runtime.image.Tmpfs;
import dev.bulkhead.runtime.image.Ulimit;
import dev.bulkhead.runtime.image.Volume;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The OCI specification for an image and the options of {@code run}: what Docker would write for
 * the same words, as far as it concerns one machine's inside.
 */
public final class ContainerSpec {
  private static final String DEFAULT_PATH =
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  private static final long DEFAULT_SHM_BYTES = 64L << 20;
  private static final long LEAST_MEMORY_BYTES = 6L << 20;
  private static final long PERIOD_MICROS = 100_000;
  private static final long NANOS_PER_CPU = 1_000_000_000;

  private static final List<String> DEFAULT_CAPABILITIES =
      List.of(
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FSETID",
          "CAP_FOWNER",
          "CAP_MKNOD",
          "CAP_NET_RAW",
          "CAP_SETGID",
          "CAP_SETUID",
          "CAP_SETFCAP",
          "CAP_SETPCAP",
          "CAP_NET_BIND_SERVICE",
          "CAP_SYS_CHROOT",
          "CAP_KILL",
          "CAP_AUDIT_WRITE");

  private static final List<String> MASKED =
      List.of(
          "/proc/acpi",
          "/proc/asound",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/sys/devices/virtual/powercap",
          "/sys/firmware");

  private static final List<String> READ_ONLY =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  private final Values options;
  private final Image.Config image;
  private final Accounts accounts;
  private final Surroundings surroundings;

  /** What the caller's own surroundings lend to a container. */
  public interface Surroundings {
    /** A variable of the caller's environment. */
    Optional<String> variable(String name);

    /** The lines of a file that the caller named. */
    String fileText(String path);

    /** A path made absolute. */
    String absolute(String path);
  }

  public ContainerSpec(
      Values options, Image.Config image, Accounts accounts, Surroundings surroundings) {
    this.options = options;
    this.image = image;
    this.accounts = accounts;
    this.surroundings = surroundings;
  }

  /**
   * Writes the specification.
   *
   * @param name the container's id, its host name unless an option says otherwise
   * @param root the image's root file system
   * @param command what the user said to run; may be empty
   * @throws UsageException for options that contradict each other or the image
   */
  public Spec build(String name, String root, List<String> command) throws UsageException {
    Set<String> capabilities = capabilities();
    return Spec.DEFAULT
        .withOciVersion(Build.OCI_VERSION)
        .withHostname(options.get(RunCommand.HOSTNAME).orElse(name))
        .withRoot(Root.DEFAULT.withPath(root).withReadonly(options.isSet(RunCommand.READ_ONLY)))
        .withProcess(process(command, capabilities))
        .withMounts(mounts())
        .withAnnotations(pairs(RunCommand.ANNOTATION))
        .withLinux(linux(capabilities));
  }

  private Process process(List<String> command, Set<String> capabilities) throws UsageException {
    Accounts.Identity identity = accounts.find(options.get(RunCommand.USER).orElse(image.user()));
    List<Integer> groups = new ArrayList<>(identity.groups());
    for (String group : options.all(RunCommand.GROUP_ADD)) {
      groups.add(accounts.findGroup(group));
    }
    List<String> sets = List.copyOf(capabilities);
    boolean root = identity.uid() == 0;
    return Process.DEFAULT
        .withTerminal(options.isSet(RunCommand.TTY))
        .withUser(
            User.DEFAULT.withUid(identity.uid()).withGid(identity.gid()).withAdditionalGids(groups))
        .withArgs(arguments(command))
        .withEnv(environment(identity))
        .withCwd(workingDirectory())
        .withCapabilities(
            LinuxCapabilities.DEFAULT
                .withBounding(sets)
                // As with Docker, a user who is not root has them only by file capabilities.
                .withEffective(root ? sets : List.of())
                .withPermitted(root ? sets : List.of()))
        .withRlimits(limits())
        .withNoNewPrivileges(securityOptions().contains("no-new-privileges"))
        .withOomScoreAdj(options.get(RunCommand.OOM_SCORE_ADJ).orElse(null));
  }

  private List<String> arguments(List<String> command) throws UsageException {
    Optional<String> entrypoint = options.get(RunCommand.ENTRYPOINT);
    List<String> arguments = new ArrayList<>();
    if (entrypoint.isPresent()) {
      if (!entrypoint.get().isEmpty()) {
        arguments.add(entrypoint.get());
      }
      arguments.addAll(command);
    } else {
      arguments.addAll(image.entrypoint());
      arguments.addAll(command.isEmpty() ? image.command() : command);
    }
    if (arguments.isEmpty()) {
      throw new UsageException("the image does not say what to run; name a command after it");
    }
    return arguments;
  }

  private String workingDirectory() throws UsageException {
    String directory = options.get(RunCommand.WORKDIR).orElse(image.workingDirectory());
    if (directory.isEmpty()) {
      return "/";
    }
    if (!directory.startsWith("/")) {
      throw new UsageException(
          "the working directory '" + directory + "' has to be an absolute path");
    }
    return directory;
  }

  private List<String> environment(Accounts.Identity identity) {
    Map<String, String> variables = new LinkedHashMap<>();
    put(variables, DEFAULT_PATH);
    if (options.isSet(RunCommand.TTY)) {
      variables.put("TERM", "xterm");
    }
    variables.put("HOME", identity.home().isEmpty() ? "/" : identity.home());
    for (String variable : image.environment()) {
      put(variables, variable);
    }
    for (String file : options.all(RunCommand.ENV_FILE)) {
      for (String line : lines(surroundings.fileText(file))) {
        set(variables, EnvironmentVariable.parse(line));
      }
    }
    for (EnvironmentVariable variable : options.all(RunCommand.ENV)) {
      set(variables, variable);
    }
    List<String> environment = new ArrayList<>();
    variables.forEach((name, value) -> environment.add(name + "=" + value));
    return environment;
  }

  private static List<String> lines(String text) {
    List<String> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length() || text.charAt(i) == '\n') {
        String line = text.substring(start, i).trim();
        if (!line.isEmpty() && !line.startsWith("#")) {
          lines.add(line);
        }
        start = i + 1;
      }
    }
    return lines;
  }

  private static void put(Map<String, String> variables, String assignment) {
    int equals = assignment.indexOf('=');
    if (equals > 0) {
      variables.put(assignment.substring(0, equals), assignment.substring(equals + 1));
    }
  }

  private void set(Map<String, String> variables, EnvironmentVariable variable) {
    Optional<String> value = variable.value().or(() -> surroundings.variable(variable.name()));
    value.ifPresent(text -> variables.put(variable.name(), text));
  }

  private Set<String> capabilities() throws UsageException {
    List<String> added = options.all(RunCommand.CAP_ADD);
    List<String> dropped = options.all(RunCommand.CAP_DROP);
    Set<String> capabilities = new LinkedHashSet<>(DEFAULT_CAPABILITIES);
    if (options.isSet(RunCommand.PRIVILEGED) || contains(added, "ALL")) {
      capabilities.addAll(Capabilities.names());
    }
    if (contains(dropped, "ALL")) {
      capabilities.clear();
    }
    for (String name : dropped) {
      if (!name.equalsIgnoreCase("ALL")) {
        capabilities.remove(capability(name));
      }
    }
    for (String name : added) {
      if (!name.equalsIgnoreCase("ALL")) {
        capabilities.add(capability(name));
      }
    }
    return capabilities;
  }

  private static boolean contains(List<String> words, String word) {
    return words.stream().anyMatch(word::equalsIgnoreCase);
  }

  private static String capability(String name) throws UsageException {
    var number = Capabilities.number(name);
    if (number.isEmpty()) {
      throw new UsageException(
          "there is no capability '" + name + "'; see capabilities(7) for those that there are");
    }
    return Capabilities.names().get(number.getAsInt());
  }

  private List<PosixRlimit> limits() {
    List<PosixRlimit> limits = new ArrayList<>();
    for (Ulimit ulimit : options.all(RunCommand.ULIMIT)) {
      limits.add(
          PosixRlimit.DEFAULT
              .withType("RLIMIT_" + upperCase(ulimit.name()))
              .withSoft(ulimit.soft())
              .withHard(ulimit.hard()));
    }
    return limits;
  }

  private static String upperCase(String ascii) {
    StringBuilder upper = new StringBuilder();
    for (int i = 0; i < ascii.length(); i++) {
      char c = ascii.charAt(i);
      upper.append(c >= 'a' && c <= 'z' ? (char) (c - 32) : c);
    }
    return upper.toString();
  }

  private List<Mount> mounts() {
    boolean privileged = options.isSet(RunCommand.PRIVILEGED);
    String access = privileged ? "rw" : "ro";
    long shm = options.get(RunCommand.SHM_SIZE).orElse(DEFAULT_SHM_BYTES);
    List<Mount> mounts = new ArrayList<>();
    mounts.add(mount("/proc", "proc", "nosuid", "noexec", "nodev"));
    mounts.add(mount("/dev", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"));
    mounts.add(
        mount(
            "/dev/pts",
            "devpts",
            "nosuid",
            "noexec",
            "newinstance",
            "ptmxmode=0666",
            "mode=0620",
            "gid=5"));
    mounts.add(mount("/sys", "sysfs", "nosuid", "noexec", "nodev", access));
    mounts.add(mount("/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", access));
    mounts.add(mount("/dev/mqueue", "mqueue", "nosuid", "noexec", "nodev"));
    mounts.add(
        mount("/dev/shm", "tmpfs", "nosuid", "noexec", "nodev", "mode=1777", "size=" + shm)
            .withSource("shm"));
    for (Tmpfs tmpfs : options.all(RunCommand.TMPFS)) {
      mounts.add(mount(tmpfs.destination(), "tmpfs").withOptions(tmpfs.options()));
    }
    for (Volume volume : options.all(RunCommand.VOLUME)) {
      List<String> how = new ArrayList<>(List.of("rbind", volume.propagation()));
      if (volume.readOnly()) {
        how.add("ro");
      }
      mounts.add(
          Mount.DEFAULT
              .withDestination(volume.destination())
              .withType("bind")
              .withSource(surroundings.absolute(volume.source()))
              .withOptions(how));
    }
    return mounts;
  }

  private static Mount mount(String destination, String type, String... options) {
    return Mount.DEFAULT
        .withDestination(destination)
        .withType(type)
        .withSource(type)
        .withOptions(List.of(options));
  }

  private Linux linux(Set<String> capabilities) throws UsageException {
    boolean privileged = options.isSet(RunCommand.PRIVILEGED);
    List<LinuxNamespace> namespaces = new ArrayList<>();
    for (String kind : List.of("mount", "uts", "ipc", "pid", "cgroup", "network")) {
      namespaces.add(LinuxNamespace.DEFAULT.withType(kind));
    }
    return Linux.DEFAULT
        .withNamespaces(namespaces)
        .withResources(resources())
        .withSysctl(pairs(RunCommand.SYSCTL))
        .withMaskedPaths(privileged ? List.of() : MASKED)
        .withReadonlyPaths(privileged ? List.of() : READ_ONLY)
        .withSeccomp(seccomp(capabilities));
  }

  private LinuxResources resources() throws UsageException {
    LinuxResources resources = LinuxResources.DEFAULT;
    Optional<Long> memory = options.get(RunCommand.MEMORY);
    if (memory.isPresent()) {
      if (memory.get() < LEAST_MEMORY_BYTES) {
        throw new UsageException(
            "a memory limit of "
                + memory.get()
                + " bytes is too small for any command; give at least 6m");
      }
      resources =
          resources.withMemory(LinuxMemory.DEFAULT.withLimit(memory.get()).withSwap(memory.get()));
    }
    LinuxCpu cpu = LinuxCpu.DEFAULT;
    Optional<Long> nanos = options.get(RunCommand.CPUS);
    if (nanos.isPresent()) {
      long quota = nanos.get() / (NANOS_PER_CPU / PERIOD_MICROS);
      cpu = cpu.withQuota(quota).withPeriod(PERIOD_MICROS);
    }
    Optional<Long> shares = options.get(RunCommand.CPU_SHARES);
    if (shares.isPresent()) {
      cpu = cpu.withShares(shares.get());
    }
    Optional<Long> pids = options.get(RunCommand.PIDS_LIMIT);
    if (pids.isPresent()) {
      resources = resources.withPids(LinuxPids.DEFAULT.withLimit(pids.get()));
    }
    return resources.withCpu(cpu);
  }

  private Map<String, String> pairs(dev.bulkhead.runtime.cli.Option<String> option)
      throws UsageException {
    Map<String, String> pairs = new LinkedHashMap<>();
    for (String text : options.all(option)) {
      int equals = text.indexOf('=');
      if (equals <= 0) {
        throw new UsageException("'" + text + "' is not of the form NAME=VALUE");
      }
      pairs.put(text.substring(0, equals), text.substring(equals + 1));
    }
    return pairs;
  }

  private Set<String> securityOptions() throws UsageException {
    Set<String> known = new LinkedHashSet<>();
    for (String option : options.all(RunCommand.SECURITY_OPT)) {
      if (option.equals("no-new-privileges") || option.equals("no-new-privileges:true")) {
        known.add("no-new-privileges");
      } else if (option.startsWith("seccomp=")) {
        known.add(option);
      } else {
        throw new UsageException(
            "security option '"
                + option
                + "' is not supported; no-new-privileges and seccomp=FILE or"
                + " seccomp=unconfined are");
      }
    }
    return known;
  }

  private LinuxSeccomp seccomp(Set<String> capabilities) throws UsageException {
    String choice = "";
    for (String option : securityOptions()) {
      if (option.startsWith("seccomp=")) {
        choice = option.substring("seccomp=".length());
      }
    }
    if (choice.equals("unconfined") || (choice.isEmpty() && isPrivileged())) {
      return null;
    }
    return choice.isEmpty()
        ? DefaultSeccomp.profile(capabilities)
        : SeccompProfileFile.parse(choice, surroundings.fileText(choice));
  }

  private boolean isPrivileged() {
    return options.isSet(RunCommand.PRIVILEGED);
  }
}

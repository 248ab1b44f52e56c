package dev.bulkhead.it.agent;

import dev.bulkhead.oci.Linux;
import dev.bulkhead.oci.LinuxCapabilities;
import dev.bulkhead.oci.LinuxNamespace;
import dev.bulkhead.oci.Mount;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.Root;
import dev.bulkhead.oci.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Specifications as Docker writes them, to be changed by a test in what it is about. */
final class Specs {
  static final List<String> CAPABILITIES =
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

  private Specs() {}

  /** A container of Docker's defaults, without a system call filter. */
  static Spec of(Guest.Root root, String... command) {
    return Spec.DEFAULT
        .withOciVersion("1.2.0")
        .withRoot(Root.DEFAULT.withPath(root.inGuest()))
        .withProcess(process(command))
        .withHostname("test")
        .withMounts(mounts())
        .withLinux(
            Linux.DEFAULT
                .withNamespaces(
                    Stream.of("mount", "pid", "uts", "ipc", "cgroup")
                        .map(type -> LinuxNamespace.DEFAULT.withType(type))
                        .toList())
                .withMaskedPaths(
                    List.of("/proc/kcore", "/proc/keys", "/proc/scsi", "/proc/nothing"))
                .withReadonlyPaths(
                    List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/nothing")));
  }

  /** A process of Docker's defaults. */
  static Process process(String... command) {
    return Process.DEFAULT
        .withArgs(List.of(command))
        .withEnv(List.of("PATH=/usr/bin:/bin", "TERM=xterm"))
        .withCwd("/")
        .withCapabilities(capabilities(CAPABILITIES));
  }

  /** A process that may do everything. */
  static Process privilegedProcess(String... command) {
    List<String> all = new ArrayList<>(CAPABILITIES);
    all.addAll(List.of("CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_SYS_RESOURCE", "CAP_NET_ADMIN"));
    return process(command).withCapabilities(capabilities(all));
  }

  /** The same bounding, permitted and effective sets, and nothing to inherit. */
  static LinuxCapabilities capabilities(List<String> names) {
    return LinuxCapabilities.DEFAULT.withBounding(names).withPermitted(names).withEffective(names);
  }

  static List<Mount> mounts() {
    return List.of(
        mount("proc", "proc", "/proc", "nosuid", "noexec", "nodev"),
        mount("tmpfs", "tmpfs", "/dev", "nosuid", "strictatime", "mode=755", "size=65536k"),
        mount(
            "devpts",
            "devpts",
            "/dev/pts",
            "nosuid",
            "noexec",
            "newinstance",
            "ptmxmode=0666",
            "mode=0620",
            "gid=5"),
        mount("sysfs", "sysfs", "/sys", "nosuid", "noexec", "nodev", "ro"),
        mount("cgroup", "cgroup", "/sys/fs/cgroup", "ro", "nosuid", "noexec", "nodev"),
        mount("mqueue", "mqueue", "/dev/mqueue", "nosuid", "noexec", "nodev"),
        mount("tmpfs", "shm", "/dev/shm", "nosuid", "noexec", "nodev", "mode=1777", "size=64m"));
  }

  static Mount mount(String type, String source, String destination, String... options) {
    return Mount.DEFAULT
        .withType(type)
        .withSource(source)
        .withDestination(destination)
        .withOptions(List.of(options));
  }

  static Mount bind(String source, String destination, String... options) {
    return mount("bind", source, destination, options);
  }

  /** Adds mounts after those that are there. */
  static Spec withMounts(Spec spec, Mount... added) {
    return spec.withMounts(Stream.concat(spec.mounts().stream(), Stream.of(added)).toList());
  }

  /** Changes what the specification says about Linux. */
  static Spec withLinux(Spec spec, UnaryOperator<Linux> change) {
    return spec.withLinux(change.apply(spec.linux()));
  }

  /** Changes the process. */
  static Spec withProcess(Spec spec, UnaryOperator<Process> change) {
    return spec.withProcess(change.apply(spec.process()));
  }

  /** Leaves a namespace out, so that the guest's own is used. */
  static Spec withoutNamespace(Spec spec, String type) {
    return withLinux(
        spec,
        linux ->
            linux.withNamespaces(
                linux.namespaces().stream().filter(n -> !n.type().equals(type)).toList()));
  }
}

package dev.bulkhead.runtime.host;

import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.KernelImage;
import dev.bulkhead.hypervisor.kvm.AcceleratorChoice;
import dev.bulkhead.hypervisor.kvm.KvmProbe;
import dev.bulkhead.hypervisor.kvm.KvmVerdict;
import dev.bulkhead.hypervisor.qemu.QemuHypervisor;
import dev.bulkhead.hypervisor.virtiofs.VirtiofsdProgram;
import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.VhostVsock;
import dev.bulkhead.runtime.cgroup.HostCgroup;
import dev.bulkhead.runtime.config.Configuration;
import dev.bulkhead.runtime.config.InternetworkingModel;
import dev.bulkhead.runtime.config.SharedFileSystem;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.image.RootImages;
import dev.bulkhead.runtime.run.SharedFileSystemChoice;
import dev.bulkhead.runtime.setup.GuestFiles;
import dev.bulkhead.runtime.setup.HostSize;
import dev.bulkhead.runtime.setup.SharedFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks whether this host can run containers. */
public final class HostCheck {
  private static final int LEAST_MAJOR = 5;
  private static final int LEAST_MINOR = 12;
  private static final String KERNEL_RELEASE = "/proc/sys/kernel/osrelease";
  private static final String INSTALL_FILES =
      "install Bulkhead whole (make install), or name the file in the configuration";

  private final EventLoop loop;
  private final Configuration configuration;
  private final Optional<String> share;

  /**
   * A check.
   *
   * @param share the directory of shared files
   */
  public HostCheck(EventLoop loop, Configuration configuration, Optional<String> share) {
    this.loop = loop;
    this.configuration = configuration;
    this.share = share;
  }

  /** Looks at everything; the loop turns meanwhile. */
  public HostReport run() {
    List<Finding> findings = new ArrayList<>();
    findings.add(user());
    findings.add(hostKernel(Files.readText(KERNEL_RELEASE).trim()));
    findings.add(memory(configuration.qemu().defaultMemoryMib(), HostSize.memoryMib()));
    findings.add(kvm(configuration.qemu().accel(), new KvmProbe(loop, Optional.empty()).run()));
    findings.add(qemu());
    findings.addAll(guestFiles());
    findings.add(containerProcess());
    findings.add(vsock());
    if (configuration.runtime().internetworkingModel() != InternetworkingModel.NONE) {
      findings.add(NetworkCheck.taps());
    }
    findings.add(virtiofsd());
    rootImages().ifPresent(findings::add);
    findings.add(cgroups());
    findings.add(imageTools());
    return new HostReport(findings);
  }

  private static Finding user() {
    return Processes.isRoot()
        ? Finding.ok("user", "root")
        : Finding.fail("user", "not root", "run it as root, or by sudo");
  }

  static Finding hostKernel(String release) {
    int major = number(release, 0);
    int minor = number(release, release.indexOf('.') + 1);
    boolean good = major > LEAST_MAJOR || (major == LEAST_MAJOR && minor >= LEAST_MINOR);
    String least = LEAST_MAJOR + "." + LEAST_MINOR;
    return good
        ? Finding.ok("host kernel", "Linux " + release)
        : Finding.fail("host kernel", "Linux " + release, "boot Linux " + least + " or newer");
  }

  private static int number(String text, int start) {
    int end = start;
    while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
      end++;
    }
    return end == start ? 0 : Integer.parseInt(text.substring(start, end));
  }

  static Finding memory(int machineMib, int hostMib) {
    String words = hostMib + " MiB, of which a machine gets " + machineMib + " by default";
    return hostMib > machineMib
        ? Finding.ok("memory", words)
        : Finding.fail("memory", words, "set default_memory in the configuration to less");
  }

  static Finding kvm(AcceleratorChoice.Wish wish, KvmVerdict verdict) {
    if (verdict instanceof KvmVerdict.Usable) {
      return Finding.ok("KVM", verdict.words());
    }
    String remedy =
        switch (verdict) {
          case KvmVerdict.Absent absent -> absent.remedy();
          case KvmVerdict.Forbidden forbidden -> forbidden.remedy();
          case KvmVerdict.Broken broken -> "see the kernel's log (dmesg), or boot another kernel";
          case KvmVerdict.EmulatesOnly emulates ->
              "this host is a virtual machine itself: switch on nested virtualisation in the"
                  + " hypervisor below (kvm_intel nested=1), or use another host";
          case KvmVerdict.Usable usable -> "";
        };
    String found =
        switch (verdict) {
          case KvmVerdict.Absent absent -> "absent: " + absent.reason();
          case KvmVerdict.Forbidden forbidden -> "forbidden: " + forbidden.reason();
          default -> verdict.words();
        };
    return switch (wish) {
      case KVM ->
          Finding.fail(
              "KVM", found + ", and accel is \"kvm\"", remedy + "; or set accel to \"auto\"");
      case AUTO ->
          Finding.warning(
              "KVM", found + "; QEMU translates the guest's instructions, which is slower", remedy);
      case TCG -> Finding.ok("KVM", found + "; not needed, as accel is \"tcg\"");
    };
  }

  private Finding qemu() {
    String remedy = "install the package qemu-system-x86 (apt-get install qemu-system-x86)";
    String program;
    try {
      program = QemuHypervisor.find(loop, configuration.qemu().path()).program();
    } catch (HypervisorException e) {
      return Finding.fail("QEMU", "not found", remedy);
    }
    try {
      String version = ProgramVersion.of(loop, program);
      return version.startsWith("QEMU ")
          ? Finding.ok("QEMU", program + ", " + version)
          : Finding.fail("QEMU", program + " does not tell a version as QEMU does", remedy);
    } catch (LinuxException e) {
      return Finding.fail("QEMU", program + " cannot be run: " + e.reason(), remedy);
    }
  }

  private List<Finding> guestFiles() {
    GuestFiles files;
    try {
      files = GuestFiles.of(configuration.qemu(), share);
    } catch (HypervisorException e) {
      return List.of(
          Finding.fail("guest kernel", "there is no share/bulkhead directory", INSTALL_FILES));
    }
    List<Finding> findings = new ArrayList<>();
    findings.add(guestKernel(files.kernel()));
    files.initrd().ifPresent(path -> findings.add(bootFile("guest initrd", path)));
    files.image().ifPresent(path -> findings.add(bootFile("guest image", path)));
    return findings;
  }

  private static Finding guestKernel(String path) {
    Finding file = bootFile("guest kernel", path);
    if (file.level() != Finding.Level.OK) {
      return file;
    }
    try (Fd fd = Files.open(path, Open.O_RDONLY)) {
      KernelImage.inspect(fd);
      return file;
    } catch (HypervisorException e) {
      return Finding.fail("guest kernel", e.getMessage(), INSTALL_FILES);
    }
  }

  private static Finding bootFile(String subject, String path) {
    try (Fd fd = Files.open(path, Open.O_RDONLY)) {
      FileStatus status = Files.status(fd);
      return status.isRegular() && status.size() > 0
          ? Finding.ok(subject, path)
          : Finding.fail(subject, path + " is empty or no file", INSTALL_FILES);
    } catch (LinuxException e) {
      return Finding.fail(subject, path + " cannot be read: " + e.reason(), INSTALL_FILES);
    }
  }

  /** What stands for a container on the host. */
  private static Finding containerProcess() {
    try {
      return Finding.ok("host process", SharedFiles.containerProcess());
    } catch (ContainerException e) {
      return Finding.fail("host process", e.getMessage(), INSTALL_FILES);
    }
  }

  private Finding vsock() {
    Optional<VhostVsock> claimed;
    try {
      claimed = VhostVsock.claim();
    } catch (LinuxException e) {
      return vsock(configuration.qemu().useVsock(), Optional.of("not usable: " + e.reason()));
    }
    claimed.ifPresent(VhostVsock::close);
    return vsock(
        configuration.qemu().useVsock(),
        claimed.isPresent() ? Optional.empty() : Optional.of("absent"));
  }

  /** The agent is reached over a virtio-serial port where nothing else is asked for. */
  static Finding vsock(boolean needed, Optional<String> lack) {
    if (lack.isEmpty()) {
      return Finding.ok("vhost-vsock", "usable");
    }
    return needed
        ? Finding.fail(
            "vhost-vsock",
            lack.get() + ", and use_vsock is true",
            "load the kernel's module vhost_vsock, or set use_vsock to false")
        : Finding.ok(
            "vhost-vsock", lack.get() + "; not needed, the agent is reached over virtio-serial");
  }

  private Finding virtiofsd() {
    SharedFileSystem shared = SharedFileSystemChoice.of(loop, configuration);
    boolean needed = shared == SharedFileSystem.VIRTIO_FS;
    try {
      return Finding.ok(
          "virtiofsd", VirtiofsdProgram.find(loop, configuration.qemu().virtioFsDaemon()).path());
    } catch (HypervisorException e) {
      return needed
          ? Finding.fail(
              "virtiofsd",
              "not usable: " + e.getMessage(),
              "install the package virtiofsd, on Debian 12 qemu-system-common; or set shared_fs to"
                  + " \"virtio-9p\"")
          : Finding.ok(
              "virtiofsd", "absent; not needed, as shared_fs is \"" + shared.word() + "\"");
    }
  }

  /** What makes root file systems disks, where they are. */
  private Optional<Finding> rootImages() {
    if (configuration.qemu().sharedFs() != SharedFileSystem.NONE) {
      return Optional.empty();
    }
    return Optional.of(
        Environment.findProgram(RootImages.PROGRAM)
            .map(path -> Finding.ok(RootImages.PROGRAM, path))
            .orElseGet(
                () ->
                    Finding.fail(
                        RootImages.PROGRAM,
                        "absent, and shared_fs is \"none\"",
                        "install the package " + RootImages.PACKAGE)));
  }

  private static Finding cgroups() {
    List<String> mountPoints = HostCgroup.mountPoints();
    if (mountPoints.isEmpty()) {
      return Finding.warning(
          "cgroups",
          "no hierarchy is mounted, so the host cannot account for containers",
          "mount -t cgroup2 none /sys/fs/cgroup");
    }
    String first = mountPoints.getFirst();
    boolean second = Files.exists(first + "/cgroup.controllers");
    return Finding.ok(
        "cgroups",
        second ? "version 2 at " + first : "version 1, " + mountPoints.size() + " mounts");
  }

  private static Finding imageTools() {
    List<String> missing = new ArrayList<>();
    for (String tool : List.of("skopeo", "umoci")) {
      if (Environment.findProgram(tool).isEmpty()) {
        missing.add(tool);
      }
    }
    return missing.isEmpty()
        ? Finding.ok("image tools", "skopeo and umoci")
        : Finding.warning(
            "image tools",
            "without "
                + String.join(" and ", missing)
                + " 'run' takes directories only; Docker and Podman do not need it",
            "apt-get install " + String.join(" ", missing));
  }
}

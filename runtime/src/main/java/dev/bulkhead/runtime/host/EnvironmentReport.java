package dev.bulkhead.runtime.host;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.agentapi.Build;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.qemu.QemuHypervisor;
import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.runtime.config.Configuration;
import dev.bulkhead.runtime.config.toml.TomlWriter;
import dev.bulkhead.runtime.run.SharedFileSystemChoice;
import dev.bulkhead.runtime.setup.GuestFiles;
import dev.bulkhead.runtime.setup.HostSize;
import java.util.Locale;
import java.util.Optional;

/**
 * What this program works with: sections and keys are Kata's where they mean the same. What is not
 * found is "".
 */
public final class EnvironmentReport {
  private static final String FORMAT_VERSION = "1.0.0";

  private final JsonObject sections;

  private EnvironmentReport(JsonObject sections) {
    this.sections = sections;
  }

  /**
   * Looks at configuration and host.
   *
   * @param share the directory of shared files
   * @param root the directory of the state
   */
  public static EnvironmentReport of(
      EventLoop loop, Configuration configuration, Optional<String> share, String root) {
    JsonObject sections = new JsonObject();
    JsonObject meta = new JsonObject();
    meta.put("Version", FORMAT_VERSION);
    sections.put("Meta", meta);
    sections.put("Runtime", runtime(configuration, share, root));
    sections.put("Hypervisor", hypervisor(loop, configuration));
    guestFiles(configuration.qemu(), share, sections);
    sections.put("Agent", agent(configuration.agent()));
    sections.put("Host", host(new HostCheck(loop, configuration, share).run()));
    return new EnvironmentReport(sections);
  }

  private static JsonObject runtime(
      Configuration configuration, Optional<String> share, String root) {
    JsonObject runtime = new JsonObject();
    runtime.put("Path", Environment.executable());
    runtime.put("Root", root);
    runtime.put("Share", share.orElse(""));
    runtime.put("ImageStore", configuration.images().store());
    runtime.put("DisableGuestSeccomp", configuration.runtime().disableGuestSeccomp());
    runtime.put("CreateContainerTimeout", configuration.runtime().createContainerTimeoutSeconds());
    JsonObject config = new JsonObject();
    config.put("Path", configuration.files().isEmpty() ? "" : configuration.files().getFirst());
    config.put("Files", new JsonArray(configuration.files()));
    runtime.put("Config", config);
    JsonObject version = new JsonObject();
    version.put("Semver", Build.VERSION);
    version.put("Commit", Build.COMMIT);
    version.put("OCI", Build.OCI_VERSION);
    runtime.put("Version", version);
    return runtime;
  }

  private static JsonObject hypervisor(EventLoop loop, Configuration configuration) {
    Configuration.Qemu qemu = configuration.qemu();
    JsonObject hypervisor = new JsonObject();
    String path = "";
    String version = "";
    try {
      path = QemuHypervisor.find(loop, qemu.path()).program();
      version = ProgramVersion.of(loop, path);
    } catch (HypervisorException | LinuxException e) {
      // What is missing or broken is for 'check' to tell; here it has no version.
      version = "";
    }
    hypervisor.put("Path", path);
    hypervisor.put("Version", version);
    hypervisor.put("MachineType", qemu.machineType().configName());
    hypervisor.put("Accelerator", qemu.accel().name().toLowerCase(Locale.ROOT));
    hypervisor.put("DefaultVCPUs", qemu.defaultVcpus());
    hypervisor.put("DefaultMaxVCPUs", qemu.defaultMaxvcpus());
    hypervisor.put("DefaultMemory", qemu.defaultMemoryMib());
    hypervisor.put("DefaultMaxMemory", qemu.defaultMaxmemoryMib());
    hypervisor.put("OverheadMemory", qemu.overheadMemoryMib());
    hypervisor.put("SharedFS", SharedFileSystemChoice.of(loop, configuration).word());
    hypervisor.put("Bridges", qemu.defaultBridges());
    hypervisor.put("Msize9p", qemu.msize9p());
    hypervisor.put("Cache9p", qemu.cache9p());
    hypervisor.put("VirtioFSDaemon", qemu.virtioFsDaemon().orElse(""));
    hypervisor.put("VirtioFSCache", qemu.virtioFsCache());
    return hypervisor;
  }

  private static void guestFiles(
      Configuration.Qemu qemu, Optional<String> share, JsonObject sections) {
    JsonObject kernel = new JsonObject();
    JsonObject initrd = new JsonObject();
    JsonObject image = new JsonObject();
    try {
      GuestFiles files = GuestFiles.of(qemu, share);
      kernel.put("Path", files.kernel());
      initrd.put("Path", files.initrd().orElse(""));
      image.put("Path", files.image().orElse(""));
    } catch (HypervisorException e) {
      kernel.put("Path", "");
      initrd.put("Path", "");
      image.put("Path", "");
    }
    kernel.put("Parameters", qemu.kernelParams());
    sections.put("Kernel", kernel);
    sections.put("Initrd", initrd);
    sections.put("Image", image);
  }

  private static JsonObject agent(Configuration.Agent configured) {
    JsonObject agent = new JsonObject();
    agent.put("DialTimeout", configured.dialTimeoutSeconds());
    agent.put("KernelModules", new JsonArray(configured.kernelModules()));
    return agent;
  }

  private static JsonObject host(HostReport report) {
    JsonObject host = new JsonObject();
    host.put("Kernel", Files.readText("/proc/sys/kernel/osrelease").trim());
    host.put("Architecture", "amd64");
    host.put("VMContainerCapable", report.capable());
    host.put("SupportVSocks", Files.exists("/dev/vhost-vsock"));
    for (Finding finding : report.findings()) {
      if (finding.subject().equals("KVM")) {
        host.put("KVM", finding.words());
      }
    }
    JsonObject distro = new JsonObject();
    String release = Files.readTextIfExists("/etc/os-release").orElse("");
    distro.put("Name", field(release, "NAME", '='));
    distro.put("Version", field(release, "VERSION_ID", '='));
    host.put("Distro", distro);
    JsonObject cpu = new JsonObject();
    String cpuinfo = Files.readTextIfExists("/proc/cpuinfo").orElse("");
    cpu.put("Vendor", field(cpuinfo, "vendor_id", ':'));
    cpu.put("Model", field(cpuinfo, "model name", ':'));
    cpu.put("CPUs", HostSize.processors());
    host.put("CPU", cpu);
    JsonObject memory = new JsonObject();
    memory.put("TotalMiB", HostSize.memoryMib());
    host.put("Memory", memory);
    return host;
  }

  /** The value of the first line that begins with a name and blanks before a separator. */
  static String field(String text, String name, char separator) {
    int start = 0;
    while (start < text.length()) {
      int feed = text.indexOf('\n', start);
      String line = text.substring(start, feed < 0 ? text.length() : feed);
      int split = line.indexOf(separator);
      if (split > 0 && line.substring(0, split).trim().equals(name)) {
        String value = line.substring(split + 1).trim();
        boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
      }
      start = feed < 0 ? text.length() : feed + 1;
    }
    return "";
  }

  /** As TOML, as Kata prints it. */
  public String toml() {
    return TomlWriter.document(sections);
  }

  /** As a JSON object. */
  public String json() {
    return JsonWriter.indent("  ").string().object(sections).done() + "\n";
  }
}

package dev.bulkhead.runtime.oci;

import com.grack.nanojson.JsonWriter;
import dev.bulkhead.agentapi.Build;
import dev.bulkhead.linux.Capabilities;
import dev.bulkhead.oci.CgroupFeatures;
import dev.bulkhead.oci.EnabledFeature;
import dev.bulkhead.oci.Features;
import dev.bulkhead.oci.LinuxFeatures;
import dev.bulkhead.oci.SeccompFeatures;
import java.util.List;

/** {@code features}: what this runtime can do, for engines. */
public final class FeaturesCommand {
  private static final List<String> MOUNT_OPTIONS =
      List.of(
          "async",
          "atime",
          "bind",
          "defaults",
          "dev",
          "diratime",
          "dirsync",
          "exec",
          "iversion",
          "lazytime",
          "loud",
          "mand",
          "noatime",
          "nodev",
          "nodiratime",
          "noexec",
          "nomand",
          "norelatime",
          "nosuid",
          "nosymfollow",
          "private",
          "rbind",
          "relatime",
          "remount",
          "ro",
          "rprivate",
          "rshared",
          "rslave",
          "rw",
          "shared",
          "silent",
          "slave",
          "strictatime",
          "suid",
          "symfollow",
          "sync");

  private FeaturesCommand() {}

  /** The features as JSON, in lines. */
  public static String run() {
    EnabledFeature no = EnabledFeature.DEFAULT.withEnabled(false);
    LinuxFeatures linux =
        LinuxFeatures.DEFAULT
            .withNamespaces(List.of("cgroup", "ipc", "mount", "network", "pid", "uts"))
            .withCapabilities(Capabilities.names())
            .withCgroup(
                CgroupFeatures.DEFAULT
                    .withV1(true)
                    .withV2(true)
                    .withSystemd(false)
                    .withSystemdUser(false)
                    .withRdma(false))
            .withSeccomp(seccomp())
            .withApparmor(no)
            .withSelinux(no)
            .withIntelRdt(no);
    Features features =
        Features.DEFAULT
            .withOciVersionMin("1.0.0")
            .withOciVersionMax(Build.OCI_VERSION)
            .withHooks(
                List.of(
                    "prestart",
                    "createRuntime",
                    "createContainer",
                    "startContainer",
                    "poststart",
                    "poststop"))
            .withMountOptions(MOUNT_OPTIONS)
            .withLinux(linux);
    return JsonWriter.indent("  ").string().object(features.toJson()).done() + "\n";
  }

  private static SeccompFeatures seccomp() {
    return SeccompFeatures.DEFAULT
        .withEnabled(true)
        .withActions(
            List.of(
                "SCMP_ACT_ALLOW",
                "SCMP_ACT_ERRNO",
                "SCMP_ACT_KILL",
                "SCMP_ACT_KILL_PROCESS",
                "SCMP_ACT_KILL_THREAD",
                "SCMP_ACT_LOG",
                "SCMP_ACT_TRACE",
                "SCMP_ACT_TRAP"))
        .withOperators(
            List.of(
                "SCMP_CMP_EQ",
                "SCMP_CMP_GE",
                "SCMP_CMP_GT",
                "SCMP_CMP_LE",
                "SCMP_CMP_LT",
                "SCMP_CMP_MASKED_EQ",
                "SCMP_CMP_NE"))
        .withArchs(List.of("SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32"));
  }
}

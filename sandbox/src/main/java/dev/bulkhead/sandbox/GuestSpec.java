package dev.bulkhead.sandbox;

import dev.bulkhead.oci.Hooks;
import dev.bulkhead.oci.LinuxNamespace;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.Mount;
import dev.bulkhead.oci.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A container's specification as its guest gets it: with the guest's paths instead of the host's,
 * and without what the host does itself (hooks, network, device rules, the host's cgroup).
 */
public final class GuestSpec {
  /** Kinds of namespaces that the guest's agent makes. */
  private static final Set<String> GUEST_NAMESPACES =
      Set.of("mount", "pid", "uts", "ipc", "cgroup", "user");

  private GuestSpec() {}

  /**
   * A file or directory of the host that a container is to see.
   *
   * @param source an absolute path of the host
   * @param readOnly whether the guest may change nothing of it
   * @param closed whether what the host mounts below it later is not to be seen
   */
  public record Volume(String source, boolean readOnly, boolean closed) {}

  /** Lends a volume to the guest and answers its path there. */
  public interface VolumeLender {
    String lend(Volume volume);
  }

  /** Rewrites a specification whose root is at {@code guestRoot}; {@code lender} lends volumes. */
  public static Spec of(Spec spec, String guestRoot, VolumeLender lender) {
    List<Mount> mounts = new ArrayList<>();
    for (Mount mount : spec.mounts()) {
      mounts.add(isBind(mount) ? lend(mount, lender) : mount);
    }
    List<LinuxNamespace> namespaces = new ArrayList<>();
    for (LinuxNamespace namespace : spec.linux().namespaces()) {
      if (GUEST_NAMESPACES.contains(namespace.type())) {
        namespaces.add(namespace.withPath(""));
      }
    }
    return spec.withRoot(spec.root().withPath(guestRoot))
        .withHooks((Hooks) null)
        .withMounts(mounts)
        .withLinux(
            spec.linux()
                .withNamespaces(namespaces)
                .withCgroupsPath("")
                .withResources(withoutHostRules(spec.linux().resources())));
  }

  private static LinuxResources withoutHostRules(LinuxResources resources) {
    // Device numbers, block devices and processors are the guest's own.
    return resources
        .withDevices(List.of())
        .withBlockIo(null)
        .withNetwork(null)
        .withCpu(resources.cpu().withCpus("").withMems(""));
  }

  /** Whether a mount shows files of the host. */
  static boolean isBind(Mount mount) {
    return mount.type().equals("bind")
        || mount.options().contains("bind")
        || mount.options().contains("rbind");
  }

  private static Mount lend(Mount mount, VolumeLender lender) {
    List<String> options = mount.options();
    boolean readOnly = options.contains("ro") || options.contains("rro");
    boolean closed = options.contains("private") || options.contains("rprivate");
    return mount.withSource(lender.lend(new Volume(mount.source(), readOnly, closed)));
  }
}

package dev.bulkhead.runtime.shim;

import dev.bulkhead.oci.Linux;
import dev.bulkhead.oci.LinuxNamespace;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.Root;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.protobuf.Any;
import dev.bulkhead.protobuf.MalformedMessageException;
import dev.bulkhead.shimapi.CreateSandboxRequest;
import dev.bulkhead.shimapi.LinuxContainerResources;
import dev.bulkhead.shimapi.PodSandboxConfig;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.RpcException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The specification of the container that stands for a pod whose sandbox is the shim itself: what
 * containerd's CRI plugin writes for one that is a container, as far as it matters here.
 */
final class PodSpec {
  private static final String CRI = "io.kubernetes.cri.";
  private static final String CONFIG = "runtime.v1.PodSandboxConfig";

  private PodSpec() {}

  /**
   * Makes it.
   *
   * @param given the bundle's own, if it has one
   * @throws RpcException if the request cannot be read
   */
  static Spec of(Optional<Spec> given, CreateSandboxRequest request) throws RpcException {
    PodSandboxConfig pod = config(request.options());
    Spec spec =
        given.orElseGet(
            () ->
                Spec.DEFAULT
                    .withOciVersion("1.0.2")
                    .withHostname(pod.hostname())
                    .withProcess(Process.DEFAULT.withArgs(List.of("/pause")).withCwd("/"))
                    .withRoot(Root.DEFAULT.withPath("rootfs").withReadonly(true))
                    .withLinux(
                        Linux.DEFAULT.withCgroupsPath(
                            cgroup(pod.linux().cgroupParent(), request.sandboxId()))));
    Map<String, String> annotations = new LinkedHashMap<>(spec.annotations());
    annotations.putAll(pod.annotations());
    annotations.putAll(request.annotations());
    annotations.put(CRI + "container-type", "sandbox");
    annotations.put(CRI + "sandbox-id", request.sandboxId());
    LinuxContainerResources size = pod.linux().resources();
    annotate(annotations, "sandbox-memory", size.memoryLimitInBytes());
    annotate(annotations, "sandbox-cpu-quota", size.cpuQuota());
    annotate(annotations, "sandbox-cpu-period", size.cpuPeriod());
    return spec.withAnnotations(annotations)
        .withLinux(spec.linux().withNamespaces(namespaces(spec, request.netnsPath())));
  }

  private static PodSandboxConfig config(Any options) throws RpcException {
    String type = options.typeUrl().substring(options.typeUrl().lastIndexOf('/') + 1);
    if (!type.equals(CONFIG)) {
      return PodSandboxConfig.DEFAULT;
    }
    try {
      return PodSandboxConfig.decode(options.value());
    } catch (MalformedMessageException e) {
      throw new RpcException(
          Code.INVALID_ARGUMENT, "the pod's description cannot be read: " + e.getMessage(), e);
    }
  }

  /** Where the kubelet wants the pod, in the form of its cgroup driver. */
  private static String cgroup(String parent, String id) {
    if (parent.isEmpty()) {
      return "";
    }
    String slice = parent.substring(parent.lastIndexOf('/') + 1);
    return slice.endsWith(".slice") ? slice + ":cri-containerd:" + id : parent + "/" + id;
  }

  private static void annotate(Map<String, String> annotations, String name, long number) {
    if (number > 0) {
      annotations.putIfAbsent(CRI + name, Long.toString(number));
    }
  }

  /** Without a network namespace of its own a pod asks for the host's. */
  private static List<LinuxNamespace> namespaces(Spec spec, String network) {
    List<LinuxNamespace> namespaces = new ArrayList<>(spec.linux().namespaces());
    if (!network.isEmpty()) {
      namespaces.removeIf(namespace -> namespace.type().equals("network"));
      namespaces.add(LinuxNamespace.DEFAULT.withType("network").withPath(network));
    }
    return namespaces;
  }
}

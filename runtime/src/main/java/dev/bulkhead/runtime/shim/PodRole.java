package dev.bulkhead.runtime.shim;

import dev.bulkhead.runtime.container.ContainerException;
import java.util.List;
import java.util.Map;

/** What a container is within its pod, by the annotations of containerd, CRI-O and dockershim. */
sealed interface PodRole {
  /** It is no pod's: a virtual machine for itself. */
  record Alone() implements PodRole {}

  /** It stands for the pod, whose virtual machine begins and ends with it. */
  record Sandbox() implements PodRole {}

  /** It runs in the pod of another. */
  record Member(String sandboxId) implements PodRole {}

  /** The annotations of one engine. */
  record Keys(String type, String sandboxId) {}

  /** The engines' annotations. */
  List<Keys> ENGINES =
      List.of(
          new Keys("io.kubernetes.cri.container-type", "io.kubernetes.cri.sandbox-id"),
          new Keys("io.kubernetes.cri-o.ContainerType", "io.kubernetes.cri-o.SandboxID"),
          new Keys("io.kubernetes.docker.type", "io.kubernetes.sandbox.id"));

  /**
   * Reads the role from a container's annotations.
   *
   * @throws ContainerException if they make no sense
   */
  static PodRole of(Map<String, String> annotations) {
    for (Keys keys : ENGINES) {
      String type = annotations.get(keys.type());
      if (type != null) {
        return of(type, keys, annotations);
      }
    }
    return new Alone();
  }

  private static PodRole of(String type, Keys keys, Map<String, String> annotations) {
    return switch (type) {
      case "sandbox", "podsandbox" -> new Sandbox();
      case "container" -> {
        String id = annotations.getOrDefault(keys.sandboxId(), "");
        if (id.isEmpty()) {
          throw new ContainerException(
              "the container belongs to a pod, but its annotation "
                  + keys.sandboxId()
                  + " does not say to which");
        }
        yield new Member(id);
      }
      default ->
          throw new ContainerException(
              "the annotation "
                  + keys.type()
                  + " is '"
                  + type
                  + "'; known are sandbox and container");
    };
  }
}

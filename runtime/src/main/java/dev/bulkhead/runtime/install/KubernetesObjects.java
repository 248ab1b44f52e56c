package dev.bulkhead.runtime.install;

/** What tells Kubernetes of a runtime that its nodes have. */
public final class KubernetesObjects {
  private KubernetesObjects() {}

  /**
   * A RuntimeClass and a pod that uses it, for {@code kubectl apply}.
   *
   * @param runtime the handler's name in the settings of the nodes' engines
   */
  public static String yaml(EngineRuntime runtime) {
    return """
        # Written by 'bulkhead install kubernetes'; for kubectl apply -f -
        apiVersion: node.k8s.io/v1
        kind: RuntimeClass
        metadata:
          name: NAME
        handler: NAME
        # What a pod's machine needs beside its containers: docs/performance.md tells how it was measured.
        overhead:
          podFixed:
            memory: "320Mi"
            cpu: "50m"
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: NAME-example
        spec:
          runtimeClassName: NAME
          restartPolicy: Never
          containers:
            - name: kernel
              image: busybox
              command: ["uname", "-r"]
              resources:
                limits:
                  memory: 64Mi
        """
        .replace("NAME", kubernetesName(runtime.name()));
  }

  /** Kubernetes takes no capitals and no '_'. */
  private static String kubernetesName(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
      if (!good || (i == name.length() - 1 && (c == '-' || c == '.'))) {
        throw new SettingsException(
            "Kubernetes takes no name like '"
                + name
                + "': small letters, digits, '-' and '.' are possible");
      }
    }
    return name;
  }
}

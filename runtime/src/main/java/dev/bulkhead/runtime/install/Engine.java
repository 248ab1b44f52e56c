package dev.bulkhead.runtime.install;

/** A container engine that can be told of this runtime. */
public enum Engine {
  DOCKER("docker", "Docker"),
  PODMAN("podman", "Podman"),
  CONTAINERD("containerd", "containerd"),
  CRIO("crio", "CRI-O");

  private final String word;
  private final String title;

  Engine(String word, String title) {
    this.word = word;
    this.title = title;
  }

  /** As command lines call it. */
  public String word() {
    return word;
  }

  /** As sentences call it. */
  String title() {
    return title;
  }

  /** The settings that belong to the administrator and that the engine reads. */
  String file(String runtime) {
    return switch (this) {
      case DOCKER -> "/etc/docker/daemon.json";
      case PODMAN -> "/etc/containers/containers.conf.d/" + runtime + ".conf";
      case CONTAINERD -> "/etc/containerd/config.toml";
      case CRIO -> "/etc/crio/crio.conf.d/50-" + runtime + ".conf";
    };
  }

  /** How the runtime is tried out. */
  String trial(String runtime) {
    return switch (this) {
      case DOCKER, PODMAN -> word + " run --rm --runtime " + runtime + " busybox uname -r";
      case CONTAINERD, CRIO ->
          "bulkhead install kubernetes"
              + (runtime.equals("bulkhead") ? "" : " --name " + runtime)
              + " | kubectl apply -f -";
    };
  }

  /**
   * Whether the settings are a file that others write too, and not one of {@code install}'s own.
   */
  boolean sharesFile() {
    return switch (this) {
      case DOCKER, CONTAINERD -> true;
      case PODMAN, CRIO -> false;
    };
  }

  /** How it comes to know what has changed. */
  String reload() {
    return switch (this) {
      case DOCKER ->
          "Docker reads it when it is told to: systemctl reload docker, or where there is no"
              + " systemd: kill -HUP $(pidof dockerd)";
      case PODMAN -> "Podman reads it at its next command.";
      case CONTAINERD ->
          "containerd reads it when it starts: systemctl restart containerd; containers go on"
              + " meanwhile.";
      case CRIO -> "CRI-O reads it when it starts: systemctl restart crio";
    };
  }
}

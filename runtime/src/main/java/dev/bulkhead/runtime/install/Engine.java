package dev.bulkhead.runtime.install;

/** A container engine that can be told of this runtime. */
public enum Engine {
  DOCKER("docker", "Docker"),
  PODMAN("podman", "Podman");

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
    };
  }

  /** How it comes to know what has changed. */
  String reload() {
    return switch (this) {
      case DOCKER ->
          "Docker reads it when it is told to: systemctl reload docker, or where there is no"
              + " systemd: kill -HUP $(pidof dockerd)";
      case PODMAN -> "Podman reads it at its next command.";
    };
  }
}

package dev.bulkhead.runtime.command;

/** What the build knew of itself; Maven fills it in. */
final class BuildInfo {
  static final String VERSION = "${project.version}";
  static final String COMMIT = "${bulkhead.commit}";

  /** The OCI runtime specification that module oci follows. */
  static final String OCI_VERSION = "1.2.0";

  private BuildInfo() {}
}

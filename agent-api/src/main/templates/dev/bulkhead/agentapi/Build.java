package dev.bulkhead.agentapi;

/** Which build of Bulkhead this is; both halves carry it. */
public final class Build {
  /** The version of the release. */
  public static final String VERSION = "${project.version}";

  /** The commit it was built from. */
  public static final String COMMIT = "${bulkhead.commit}";

  /** The OCI runtime specification that is followed. */
  public static final String OCI_VERSION = "1.2.0";

  private Build() {}
}

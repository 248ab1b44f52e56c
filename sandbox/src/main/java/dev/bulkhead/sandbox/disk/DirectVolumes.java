package dev.bulkhead.sandbox.disk;

import dev.bulkhead.linux.Files;
import dev.bulkhead.sandbox.SandboxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * The directly assigned volumes of a host, by the paths that stand for them in containers'
 * specifications. What drivers of storage write there for Kata is found too: a directory for each
 * volume, named by the path in base64url, with a description, and with a file for each sandbox that
 * uses it.
 *
 * @param directory where they are
 */
public record DirectVolumes(String directory) {
  /** Where Kata has them. */
  public static final DirectVolumes OF_HOST =
      new DirectVolumes("/run/kata-containers/shared/direct-volumes");

  private static final int LONGEST_NAME = 255;
  private static final String DESCRIPTION = "mountInfo.json";

  /**
   * Adds a volume, or describes it anew.
   *
   * @throws SandboxException if the description makes no sense
   */
  public void add(String volumePath, String description) {
    DirectVolume.fromJson(description);
    Files.makeDirectories(entry(volumePath), 0700);
    Files.replace(entry(volumePath) + "/" + DESCRIPTION, description, 0600);
  }

  /** Forgets a volume; sandboxes that have it keep it. */
  public void remove(String volumePath) {
    Files.removeTree(entry(volumePath));
  }

  /**
   * The volume that a path stands for, if it stands for one.
   *
   * @throws SandboxException if its description makes no sense
   */
  public Optional<DirectVolume> find(String volumePath) {
    String entry = entry(volumePath);
    // Of such a path none can have been made.
    if (entry.length() - directory.length() - 1 > LONGEST_NAME) {
      return Optional.empty();
    }
    return Files.readTextIfExists(entry + "/" + DESCRIPTION).map(DirectVolume::fromJson);
  }

  /** Writes down that a sandbox uses a volume, and the directory with its socket. */
  public void use(String volumePath, String sandboxId, String socketDirectory) {
    Files.replace(user(volumePath, sandboxId), socketDirectory, 0600);
  }

  /** Takes that back; the volume may have been removed before. */
  public void release(String volumePath, String sandboxId) {
    Files.removeIfExists(user(volumePath, sandboxId));
  }

  /** The directories with the sockets of the sandboxes that use a volume, or of some that died. */
  public List<String> users(String volumePath) {
    if (!Files.isDirectory(entry(volumePath))) {
      throw new SandboxException("there is no direct volume '" + volumePath + "'");
    }
    List<String> users = new ArrayList<>();
    for (String name : Files.list(entry(volumePath))) {
      if (!name.equals(DESCRIPTION) && !name.endsWith(".new")) {
        // One that lets go of it meanwhile is none any more.
        Files.readTextIfExists(entry(volumePath) + "/" + name).ifPresent(users::add);
      }
    }
    return users;
  }

  private String user(String volumePath, String sandboxId) {
    return entry(volumePath) + "/" + sandboxId;
  }

  private String entry(String volumePath) {
    byte[] path = volumePath.getBytes(StandardCharsets.UTF_8);
    StringBuilder name = new StringBuilder(Base64.getUrlEncoder().encodeToString(path));
    // The native program's class library leaves out the padding, which Kata's names have.
    while (name.length() % 4 != 0) {
      name.append('=');
    }
    return directory + "/" + name;
  }
}

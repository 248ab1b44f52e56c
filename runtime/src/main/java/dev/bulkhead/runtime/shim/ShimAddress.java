package dev.bulkhead.runtime.shim;

import dev.bulkhead.runtime.digest.Sha256;
import java.nio.charset.StandardCharsets;

/**
 * Where a shim listens, by containerd's rule: the name is the digest of containerd's own address,
 * its namespace and the id of the container or, for a pod, of the sandbox.
 *
 * @param path of the socket
 */
record ShimAddress(String path) {
  /** Where sockets are unless containerd says otherwise. */
  static final String DEFAULT_DIRECTORY = "/run/containerd/s";

  private static final String SCHEME = "unix://";

  /** The address of the shim of a container or sandbox. */
  static ShimAddress of(String directory, String containerdAddress, String namespace, String id) {
    String name = containerdAddress + "/" + namespace + "/" + id;
    return new ShimAddress(directory + "/" + Sha256.hex(name.getBytes(StandardCharsets.UTF_8)));
  }

  /** Reads what {@link #text} wrote. */
  static ShimAddress parse(String text) throws ShimException {
    String trimmed = text.trim();
    if (!trimmed.startsWith(SCHEME)) {
      throw new ShimException("the shim's address '" + trimmed + "' is no unix socket");
    }
    return new ShimAddress(trimmed.substring(SCHEME.length()));
  }

  /** As containerd takes it: unix:///run/... */
  String text() {
    return SCHEME + path;
  }
}

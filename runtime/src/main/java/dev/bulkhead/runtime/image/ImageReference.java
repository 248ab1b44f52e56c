package dev.bulkhead.runtime.image;

import java.util.Optional;

/** What a user named as an image. */
public sealed interface ImageReference {
  /** A root file system as it is. */
  record Directory(String path) implements ImageReference {}

  /**
   * An image in a directory of the OCI image layout.
   *
   * @param tag which of several, if it was said
   */
  record Layout(String path, Optional<String> tag) implements ImageReference {}

  /**
   * A file that {@code docker save} wrote.
   *
   * @param reference which of several, as "busybox:latest", if it was said
   */
  record Archive(String path, Optional<String> reference) implements ImageReference {}

  /**
   * An image in a registry.
   *
   * @param name with registry, path and tag or digest, as "docker.io/library/busybox:latest"
   */
  record Registry(String name) implements ImageReference {
    /** The registry's host, with its port if it has one. */
    public String host() {
      return name.substring(0, name.indexOf('/'));
    }

    /** Whether the registry is this machine, which Docker takes to speak plain HTTP. */
    public boolean isLocal() {
      String host = host();
      int colon = host.indexOf(':');
      String bare = colon < 0 ? host : host.substring(0, colon);
      return bare.equals("localhost") || bare.startsWith("127.") || host.startsWith("[::1]");
    }
  }

  /** What lies on disk, by which an ambiguous word is understood. */
  interface FileLookup {
    boolean exists(String path);

    boolean isDirectory(String path);
  }

  /**
   * Understands a user's word, by Docker's rules for names.
   *
   * @throws ImageException if it is nothing of all that
   */
  static ImageReference parse(String word, FileLookup files) {
    if (word.startsWith("oci:")) {
      return layout(word.substring("oci:".length()), files);
    }
    if (word.startsWith("docker-archive:")) {
      return archive(word.substring("docker-archive:".length()), files);
    }
    if (word.startsWith("docker://")) {
      return new Registry(normalized(word.substring("docker://".length()), word));
    }
    if (files.isDirectory(word)) {
      return new Directory(word);
    }
    if (word.startsWith("/") || word.startsWith(".")) {
      throw new ImageException(
          "'"
              + word
              + (files.exists(word) ? "' is not a directory" : "' does not exist")
              + "; "
              + Expected.FORMS);
    }
    return new Registry(normalized(word, word));
  }

  private static ImageReference layout(String rest, FileLookup files) {
    // A path may hold colons; what follows the last one is a tag if there is a layout before it.
    int colon = rest.lastIndexOf(':');
    if (colon > 0 && !files.isDirectory(rest)) {
      return new Layout(rest.substring(0, colon), Optional.of(rest.substring(colon + 1)));
    }
    return new Layout(rest, Optional.empty());
  }

  private static ImageReference archive(String rest, FileLookup files) {
    int colon = rest.indexOf(':');
    if (colon > 0 && !files.exists(rest)) {
      return new Archive(rest.substring(0, colon), Optional.of(rest.substring(colon + 1)));
    }
    return new Archive(rest, Optional.empty());
  }

  private static String normalized(String name, String word) {
    int slash = name.indexOf('/');
    String first = slash < 0 ? "" : name.substring(0, slash);
    boolean hasHost =
        first.indexOf('.') >= 0 || first.indexOf(':') >= 0 || first.equals("localhost");
    String host = hasHost ? first : "docker.io";
    String path = hasHost ? name.substring(slash + 1) : name;
    if (!hasHost && slash < 0) {
      path = "library/" + path;
    }
    int at = path.indexOf('@');
    if (at < 0 && path.indexOf(':', path.lastIndexOf('/') + 1) < 0) {
      path += ":latest";
    }
    if (!isName(path, at)) {
      throw new ImageException("'" + word + "' is no image; " + Expected.FORMS);
    }
    return host + "/" + path;
  }

  private static boolean isName(String path, int at) {
    int end = at >= 0 ? at : path.indexOf(':', path.lastIndexOf('/') + 1);
    String repository = path.substring(0, end);
    for (int i = 0; i < repository.length(); i++) {
      char c = repository.charAt(i);
      boolean alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      boolean separator = c == '.' || c == '_' || c == '-' || c == '/';
      boolean inside =
          i > 0
              && i < repository.length() - 1
              && repository.charAt(i - 1) != '/'
              && repository.charAt(i + 1) != '/';
      if (!alphanumeric && !(separator && inside)) {
        return false;
      }
    }
    String rest = path.substring(end + 1);
    for (int i = 0; i < rest.length(); i++) {
      char c = rest.charAt(i);
      boolean word =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '_'
              || c == '.'
              || c == '-'
              || (at >= 0 && c == ':');
      if (!word) {
        return false;
      }
    }
    return !repository.isEmpty() && !rest.isEmpty();
  }

  /** The words of an error about an image. */
  final class Expected {
    static final String FORMS =
        "name a directory with a root file system, oci:PATH[:TAG], docker-archive:PATH or an"
            + " image in a registry";

    private Expected() {}
  }
}

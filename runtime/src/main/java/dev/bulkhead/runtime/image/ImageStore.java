package dev.bulkhead.runtime.image;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Processes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Images on disk, each unpacked once and kept by the digest of its manifest: {@code
 * images/DIGEST/{image.json,rootfs}}. Names in registries and archive files point to digests by
 * files in {@code names/}, so that what is there already needs no other program to run.
 */
public final class ImageStore {
  private static final String CONFIG = "image.json";
  private static final String POLICY = "/etc/containers/policy.json";
  private static final String TEMPORARY_TAG = "image";

  private final String root;
  private final ImageTool tool;
  private final List<String> insecureRegistries;

  /**
   * A store.
   *
   * @param root its directory, as /var/lib/bulkhead; made when it is needed
   * @param insecureRegistries hosts that are asked over plain HTTP or with any certificate
   * @param checkInterrupted called while something is fetched; what it throws ends that
   */
  public ImageStore(
      EventLoop loop, String root, List<String> insecureRegistries, Runnable checkInterrupted) {
    this.root = root;
    this.insecureRegistries = List.copyOf(insecureRegistries);
    this.tool = new ImageTool(loop, checkInterrupted);
  }

  /**
   * Finds an image, fetching and unpacking it if it is not there.
   *
   * @throws ImageException if it cannot be had
   */
  public Image get(ImageReference reference, PullPolicy policy) {
    return switch (reference) {
      case ImageReference.Directory directory -> directory(directory.path());
      case ImageReference.Layout layout -> layout(layout);
      case ImageReference.Archive archive -> archive(archive);
      case ImageReference.Registry registry -> registry(registry, policy);
    };
  }

  private static Image directory(String path) {
    boolean looksLikeRoot = false;
    for (String name : List.of("bin", "usr", "etc", "lib", "sbin")) {
      looksLikeRoot |= Files.isDirectory(path + "/" + name);
    }
    if (!looksLikeRoot) {
      throw new ImageException(
          "the directory '"
              + path
              + "' is no root file system: it has none of bin, sbin, lib, usr and etc");
    }
    return new Image(absolute(path), Image.Config.NONE);
  }

  private static String absolute(String path) {
    return path.startsWith("/") ? path : Files.currentDirectory() + "/" + path;
  }

  private Image layout(ImageReference.Layout reference) {
    String path = absolute(reference.path());
    OciLayout layout = new OciLayout(path);
    OciLayout.Entry entry = layout.find(reference.tag());
    return unpacked(entry.digest())
        .orElseGet(
            () -> {
              if (entry.tag().isEmpty()) {
                throw new ImageException(
                    "the image in '" + path + "' has no tag; give it one with 'umoci tag'");
              }
              return locked(() -> unpack(layout, path, entry));
            });
  }

  private Image archive(ImageReference.Archive archive) {
    FileStatus status;
    try {
      status = Files.status(archive.path());
    } catch (LinuxException e) {
      throw new ImageException(
          "the archive '" + archive.path() + "' cannot be read: " + e.reason(), e);
    }
    if (!status.isRegular()) {
      throw new ImageException("the archive '" + archive.path() + "' is not a file");
    }
    String name =
        "archive:"
            + status.deviceMajor()
            + ":"
            + status.deviceMinor()
            + ":"
            + status.inode()
            + ":"
            + status.size()
            + ":"
            + status.modifiedNanos()
            + ":"
            + archive.reference().orElse("");
    String source =
        "docker-archive:"
            + absolute(archive.path())
            + archive.reference().map(reference -> ":" + reference).orElse("");
    return named(name)
        .orElseGet(
            () ->
                locked(
                    () ->
                        fetch(
                            name, source, List.of(), "read the archive '" + archive.path() + "'")));
  }

  private Image registry(ImageReference.Registry registry, PullPolicy policy) {
    Optional<Image> known = named(registry.name());
    boolean fetch =
        switch (policy) {
          case ALWAYS -> true;
          case MISSING -> known.isEmpty();
          case NEVER -> false;
        };
    if (!fetch) {
      return known.orElseThrow(
          () ->
              new ImageException(
                  "the image '"
                      + registry.name()
                      + "' is not there, and '--pull never' forbids to fetch it"));
    }
    boolean insecure = registry.isLocal() || insecureRegistries.contains(registry.host());
    return locked(
        () ->
            fetch(
                registry.name(),
                "docker://" + registry.name(),
                insecure ? List.of("--src-tls-verify=false") : List.of(),
                "fetch the image '" + registry.name() + "'"));
  }

  /** Copies an image into a layout of its own and unpacks that. */
  private Image fetch(String name, String source, List<String> options, String what) {
    if (!Files.exists(POLICY)) {
      throw new ImageException(
          "cannot "
              + what
              + ": "
              + POLICY
              + " is missing, which says what images to trust; install the package"
              + " golang-github-containers-common");
    }
    String layout = root + "/tmp/" + Processes.pid() + "-layout";
    Files.removeTree(layout);
    try {
      List<String> arguments = new ArrayList<>(List.of("copy", "--override-os", "linux"));
      arguments.addAll(options);
      arguments.addAll(List.of(source, "oci:" + layout + ":" + TEMPORARY_TAG));
      tool.run("skopeo", arguments, what);
      OciLayout fetched = new OciLayout(layout);
      OciLayout.Entry entry = fetched.find(Optional.of(TEMPORARY_TAG));
      Image image = unpack(fetched, layout, entry);
      Files.replace(namePath(name), entry.digest(), 0600);
      return image;
    } finally {
      Files.removeTree(layout);
    }
  }

  /** Unpacks, unless another process did while this one waited for the lock. */
  private Image unpack(OciLayout layout, String path, OciLayout.Entry entry) {
    return unpacked(entry.digest()).orElseGet(() -> unpackAnew(layout, path, entry));
  }

  private Image unpackAnew(OciLayout layout, String path, OciLayout.Entry entry) {
    String bundle = root + "/tmp/" + Processes.pid() + "-bundle";
    String image = path + ":" + entry.tag();
    try {
      String config = layout.configOf(entry);
      tool.run(
          "umoci", List.of("unpack", "--image", image, bundle), "unpack the image '" + image + "'");
      Files.replace(bundle + "/" + CONFIG, config, 0600);
      Files.rename(bundle, imagePath(entry.digest()));
    } finally {
      Files.removeTree(bundle);
    }
    return unpacked(entry.digest()).orElseThrow();
  }

  private Optional<Image> named(String name) {
    return Files.readTextIfExists(namePath(name)).flatMap(digest -> unpacked(digest.trim()));
  }

  private Optional<Image> unpacked(String digest) {
    String path = imagePath(digest);
    return Files.readTextIfExists(path + "/" + CONFIG)
        .map(config -> new Image(path + "/rootfs", OciLayout.parseConfig(config)));
  }

  private String imagePath(String digest) {
    return root + "/images/" + OciLayout.hex(digest);
  }

  private String namePath(String name) {
    StringBuilder file = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      file.append(c == '/' ? "%2f" : c == '%' ? "%25" : String.valueOf(c));
    }
    return root + "/names/" + file;
  }

  /** Something done while no other process fetches or unpacks. */
  private interface Work {
    Image run();
  }

  private Image locked(Work work) {
    for (String directory : List.of("/images", "/names", "/tmp")) {
      Files.makeDirectories(root + directory, 0700);
    }
    try (Fd lock = Files.open(root + "/lock", Open.O_RDWR | Open.O_CREAT, 0600)) {
      lock.lock(true);
      // Whoever left something here was killed: it would hold the lock otherwise.
      for (String leftover : Files.list(root + "/tmp")) {
        Files.removeTree(root + "/tmp/" + leftover);
      }
      return work.run();
    }
  }
}

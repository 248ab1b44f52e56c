package dev.bulkhead.runtime.image;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Open;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Root file systems as disks that are only read (EROFS), one for each content, which all machines
 * share that have it. What was not used for longest gives way when there are too many; a machine
 * that has one keeps it.
 */
public final class RootImages {
  /** What makes them. */
  public static final String PROGRAM = "mkfs.erofs";

  /** The package that has it. */
  public static final String PACKAGE = "erofs-utils";

  private static final String IMAGE = ".erofs";
  // Written anew at each use.
  private static final String USED = ".used";
  private static final String UNFINISHED = ".new";
  private static final String LOCK = "/lock";
  private static final long MIB = 1 << 20;
  private static final long POLL_MILLIS = 20;

  private final EventLoop loop;
  private final String directory;
  private final int limitMib;
  private final ImageTool tool;

  /**
   * Those of a store.
   *
   * @param store its directory, as /var/lib/bulkhead; made when it is needed
   * @param limitMib the most that is kept, in MiB; what is just made is kept in any case
   */
  public RootImages(EventLoop loop, String store, int limitMib) {
    this.loop = loop;
    this.directory = store + "/erofs";
    this.limitMib = limitMib;
    this.tool = new ImageTool(loop, () -> {});
  }

  /**
   * The image of a directory's content, made if there is none; the loop turns meanwhile.
   *
   * @return its path
   * @throws ImageException if it cannot be made
   */
  public String of(String root) {
    String name = directory + "/" + TreeIdentity.of(root);
    Files.makeDirectories(directory, 0700);
    try (Fd lock = lock()) {
      if (!Files.exists(name + IMAGE)) {
        make(root, name);
      }
      Files.replace(name + USED, "", 0600);
      makeRoom(name);
      return name + IMAGE;
    }
  }

  private Fd lock() {
    while (true) {
      Fd lock = Files.open(directory + LOCK, Open.O_RDWR | Open.O_CREAT, 0600);
      if (lock.lock(false)) {
        return lock;
      }
      lock.close();
      loop.runUntil(() -> false, POLL_MILLIS);
    }
  }

  private void make(String root, String name) {
    Files.removeIfExists(name + UNFINISHED);
    tool.run(
        PROGRAM,
        PACKAGE,
        List.of("--quiet", name + UNFINISHED, root),
        "make an image of the root file system '" + root + "'");
    Files.rename(name + UNFINISHED, name + IMAGE);
  }

  private record Kept(String name, long bytes, long usedNanos) {}

  private void makeRoom(String spared) {
    List<Kept> kept = new ArrayList<>();
    long bytes = 0;
    for (String file : Files.list(directory)) {
      if (file.endsWith(IMAGE)) {
        String name = directory + "/" + file.substring(0, file.length() - IMAGE.length());
        Kept image = new Kept(name, Files.status(name + IMAGE).size(), used(name));
        bytes += image.bytes();
        kept.add(image);
      }
    }
    kept.sort(Comparator.comparingLong(Kept::usedNanos));
    for (Kept image : kept) {
      if (bytes > limitMib * MIB && !image.name().equals(spared)) {
        Files.removeIfExists(image.name() + IMAGE);
        Files.removeIfExists(image.name() + USED);
        bytes -= image.bytes();
      }
    }
  }

  private static long used(String name) {
    return Files.statusIfExists(name + USED).map(FileStatus::modifiedNanos).orElse(0L);
  }
}

package dev.bulkhead.sandbox.template;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Processes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Where templates are kept: a directory of one user, on a file system that lies in memory. A
 * template is a directory there, which appears complete; who makes one holds a lock that a crash
 * frees.
 */
public final class TemplateStore {
  private static final long MIB = 1 << 20;
  private static final long POLL_MILLIS = 10;
  private static final String MEMORY = "/memory";
  private static final String STATE = "/state";
  private static final String PAGES = "/pages";
  private static final String PROCESS = "/process";
  private static final String KEY = "/key";
  // Written anew at each use.
  private static final String USED = "/used";
  private static final String UNFINISHED = ".new";
  private static final String LOCK = ".lock";
  private static final String STAGE = "/stage";
  private static final int OTHERS = 077;
  private static final int CREATE = Open.O_RDWR | Open.O_CREAT | Open.O_EXCL;

  private final EventLoop loop;
  private final String directory;
  private final int limitMib;

  /**
   * The store of a host.
   *
   * @param directory made when the first template is
   * @param limitMib the most memory of all machines that are kept, in MiB
   */
  public TemplateStore(EventLoop loop, String directory, int limitMib) {
    this.loop = loop;
    this.directory = directory;
    this.limitMib = limitMib;
  }

  /**
   * A template that is kept.
   *
   * @param name of its directory
   * @param description the machine, one property a line
   * @param memoryMib of the machine
   * @param usedNanos when a machine was cloned from it last, nanoseconds since 1970
   */
  public record Kept(String name, String description, int memoryMib, long usedNanos) {}

  /**
   * Whether there is a store.
   *
   * @throws TemplateException if another user could have written what machines are made of
   */
  private boolean exists() {
    Optional<FileStatus> found = Files.linkStatusIfExists(directory);
    found.ifPresent(this::checkOwn);
    return found.isPresent();
  }

  private void make() {
    Files.makeDirectories(directory, 0700);
    checkOwn(Files.linkStatus(directory));
  }

  private void checkOwn(FileStatus status) {
    if (!status.isDirectory()
        || status.uid() != Processes.effectiveUser()
        || (status.mode() & OTHERS) != 0) {
      throw new TemplateException(
          "'"
              + directory
              + "' is no directory of this user alone, who must be its owner with mode 0700;"
              + " remove it, or set template_path to another one");
    }
  }

  /**
   * Opens a template.
   *
   * @throws TemplateException if another user could have written it
   */
  Optional<Template> open(TemplateKey key) {
    String path = path(key.name());
    if (!exists() || !Files.readTextIfExists(path + KEY).equals(Optional.of(key.description()))) {
      return Optional.empty();
    }
    try {
      // First, as what was opened would have to be closed again.
      Files.replace(path + USED, "", 0600);
      return Optional.of(
          Files.exists(path + PROCESS)
              ? openProcess(path, Open.O_RDONLY)
              // QEMU opens the memory for writing, though it does not write to it.
              : openState(path, Open.O_RDWR, Open.O_RDONLY));
    } catch (LinuxException e) {
      // Removed meanwhile; it is made again.
      return Optional.empty();
    }
  }

  private static Template.MachineState openState(String path, int memoryFlags, int stateFlags) {
    List<Fd> files = openBoth(path + MEMORY, memoryFlags, path + STATE, stateFlags);
    return new Template.MachineState(files.getFirst(), files.getLast());
  }

  private static Template.ProcessImage openProcess(String path, int flags) {
    List<Fd> files = openBoth(path + PAGES, flags, path + PROCESS, flags);
    return new Template.ProcessImage(files.getFirst(), files.getLast());
  }

  private static List<Fd> openBoth(
      String firstPath, int firstFlags, String secondPath, int secondFlags) {
    Fd first = Files.open(firstPath, firstFlags, 0600);
    try {
      return List.of(first, Files.open(secondPath, secondFlags, 0600));
    } catch (LinuxException e) {
      first.close();
      throw e;
    }
  }

  /**
   * Waits until nobody else makes this template; free again when the answer is closed.
   *
   * @param check called while it waits; what it throws ends the wait
   */
  Fd lock(TemplateKey key, Runnable check) {
    make();
    while (true) {
      Optional<Fd> lock = lockIfFree(key.name());
      if (lock.isPresent()) {
        return lock.get();
      }
      loop.runUntil(() -> false, POLL_MILLIS);
      check.run();
    }
  }

  /**
   * Makes files for a new template, of which nobody knows before {@link #publish}. Older ones that
   * have not been used for longest give way.
   */
  Template.MachineState beginState(TemplateKey key) {
    Template.MachineState files = openState(begin(key), CREATE, CREATE);
    try {
      files.memory().truncate(key.memoryMib() * MIB);
      return files;
    } catch (LinuxException e) {
      files.close();
      throw e;
    }
  }

  /** As {@link #beginState}, for a machine that is saved with its hypervisor's process. */
  Template.ProcessImage beginProcess(TemplateKey key) {
    return openProcess(begin(key), CREATE);
  }

  private String begin(TemplateKey key) {
    String path = path(key.name());
    remove(key.name());
    Files.removeTree(path + UNFINISHED);
    removeUnfinished();
    makeRoom(key.memoryMib());
    Files.makeDirectory(path + UNFINISHED, 0700);
    return path + UNFINISHED;
  }

  /** An empty directory for what a machine needs while its template is made. */
  String emptyDirectory(TemplateKey key) {
    String path = path(key.name()) + UNFINISHED + STAGE;
    Files.makeDirectories(path, 0700);
    return path;
  }

  /** Lets others see what was begun. */
  void publish(TemplateKey key) {
    String path = path(key.name());
    Files.removeDirectory(path + UNFINISHED + STAGE);
    Files.replace(path + UNFINISHED + KEY, key.description(), 0600);
    Files.rename(path + UNFINISHED, path);
  }

  /** Takes back what was begun. */
  void abandon(TemplateKey key) {
    Files.removeTree(path(key.name()) + UNFINISHED);
  }

  /** The templates that are kept, the one first that was not used for longest. */
  public List<Kept> list() {
    List<Kept> kept = new ArrayList<>();
    if (exists()) {
      for (String name : Files.list(directory)) {
        if (name.indexOf('.') < 0) {
          kept(name).ifPresent(kept::add);
        }
      }
    }
    kept.sort(Comparator.comparingLong(Kept::usedNanos));
    return kept;
  }

  private Optional<Kept> kept(String name) {
    try {
      String path = path(name);
      String description = Files.readText(path + KEY);
      long used =
          Files.statusIfExists(path + USED).orElse(Files.status(path + KEY)).modifiedNanos();
      return Optional.of(new Kept(name, description, TemplateKey.memoryMib(description), used));
    } catch (LinuxException e) {
      // Another process removes it.
      return Optional.empty();
    }
  }

  /** Removes a template; machines that were cloned from it go on. */
  public void remove(String name) {
    Files.removeTree(path(name));
  }

  /** Removes what makers left that were killed. */
  private void removeUnfinished() {
    for (String name : Files.list(directory)) {
      if (name.endsWith(UNFINISHED)) {
        removeIfFree(name.substring(0, name.length() - UNFINISHED.length()), UNFINISHED);
      }
    }
  }

  /** Removes all templates but those that are being made, and the locks that nobody holds. */
  public void removeAll() {
    if (!exists()) {
      return;
    }
    list().forEach(kept -> remove(kept.name()));
    removeUnfinished();
    for (String name : Files.list(directory)) {
      if (name.endsWith(LOCK)) {
        removeIfFree(name.substring(0, name.length() - LOCK.length()), LOCK);
      }
    }
  }

  /** Removes what belongs to a template that nobody makes just now. */
  private void removeIfFree(String name, String suffix) {
    Optional<Fd> lock = lockIfFree(name);
    if (lock.isPresent()) {
      try (Fd held = lock.get()) {
        Files.removeTree(path(name) + suffix);
      }
    }
  }

  private Optional<Fd> lockIfFree(String name) {
    String path = path(name) + LOCK;
    Fd lock = Files.open(path, Open.O_RDWR | Open.O_CREAT, 0600);
    if (lock.lock(false) && Files.isAt(lock, path)) {
      return Optional.of(lock);
    }
    lock.close();
    return Optional.empty();
  }

  private void makeRoom(int memoryMib) {
    List<Kept> kept = list();
    long total = memoryMib;
    for (Kept template : kept) {
      total += template.memoryMib();
    }
    for (Kept template : kept) {
      if (total > limitMib) {
        remove(template.name());
        total -= template.memoryMib();
      }
    }
    if (total > limitMib) {
      throw new TemplateException(
          "a machine of "
              + memoryMib
              + " MiB is more than factory.template_limit, "
              + limitMib
              + " MiB");
    }
  }

  private String path(String name) {
    return directory + "/" + name;
  }
}

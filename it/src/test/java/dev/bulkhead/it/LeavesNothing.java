package dev.bulkhead.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Compares the host before and after each test: processes, mounts, network interfaces and
 * namespaces, sandboxes, containers, cgroups, temporary files. What a test leaves fails it.
 */
public final class LeavesNothing implements BeforeEachCallback, AfterEachCallback {
  private static final List<String> PROGRAMS =
      List.of(
          "bulkhead",
          "container-proce",
          "qemu-system-x86",
          "virtiofsd",
          "skopeo",
          "umoci",
          "containerd-shim");
  private static final List<Path> DIRECTORIES =
      List.of(
          Path.of("/run/bulkhead/sandboxes"),
          Path.of("/var/lib/bulkhead/writable"),
          Path.of("/var/lib/bulkhead/tmp"),
          Path.of("/run/netns"),
          Path.of("/sys/class/net"));

  private Set<String> before;

  @Override
  public void beforeEach(ExtensionContext context) {
    before = state();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Set<String> after = state();
    // The kernel may still be taking a killed process apart.
    for (int i = 0; i < 100 && !after.equals(before); i++) {
      pause();
      after = state();
    }
    Set<String> left = new TreeSet<>(after);
    left.removeAll(before);
    assertEquals(new TreeSet<String>(), left, "left behind");
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Set<String> state() {
    Set<String> state = new TreeSet<>();
    ProcessHandle.allProcesses()
        .filter(ProcessHandle::isAlive)
        .forEach(process -> addProcess(process, state));
    try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mountinfo"))) {
      mounts.forEach(line -> state.add("mount " + mountPoint(line)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (Path directory : DIRECTORIES) {
      if (Files.isDirectory(directory)) {
        try (Stream<Path> entries = Files.list(directory)) {
          entries.forEach(entry -> state.add("file " + entry));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    addContainers(state);
    addCgroups(state);
    return state;
  }

  /** What containers of the default root left. Its other directories stay. */
  private static void addContainers(Set<String> state) {
    try (Stream<Path> entries = Files.list(Path.of("/run/bulkhead"))) {
      entries
          .filter(entry -> Files.isDirectory(entry) && !entry.endsWith("sandboxes"))
          .filter(entry -> !entry.getFileName().toString().startsWith("."))
          .forEach(entry -> state.add("container " + entry));
    } catch (NoSuchFileException e) {
      return;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Empty cgroups of Bulkhead's own: those with processes in them are somebody's. */
  private static void addCgroups(Set<String> state) {
    try (Stream<Path> hierarchies = Files.list(Path.of("/sys/fs/cgroup"))) {
      for (Path hierarchy : hierarchies.filter(Files::isDirectory).toList()) {
        addEmptyBelow(hierarchy.resolve("bulkhead"), state);
      }
      addEmptyBelow(Path.of("/sys/fs/cgroup/bulkhead"), state);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void addEmptyBelow(Path directory, Set<String> state) {
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path cgroup : entries.filter(Files::isDirectory).toList()) {
        if (Files.readString(cgroup.resolve("cgroup.procs")).isEmpty()) {
          state.add("cgroup " + cgroup);
        }
      }
    } catch (IOException e) {
      // It is gone, or was never there.
      return;
    }
  }

  /** The fifth field of a line of mountinfo. */
  private static String mountPoint(String line) {
    return List.of(line.split(" ", -1)).get(4);
  }

  private static void addProcess(ProcessHandle process, Set<String> state) {
    String name;
    try {
      name = Files.readString(Path.of("/proc/" + process.pid() + "/comm")).trim();
    } catch (IOException e) {
      return;
    }
    if (PROGRAMS.stream().anyMatch(name::startsWith)) {
      state.add("process " + process.pid() + " " + name);
    }
  }
}

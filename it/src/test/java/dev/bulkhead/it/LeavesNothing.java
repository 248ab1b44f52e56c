package dev.bulkhead.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Compares the host before and after each test: processes, mounts, network interfaces, sandboxes,
 * temporary files. What a test leaves fails it.
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
    return state;
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

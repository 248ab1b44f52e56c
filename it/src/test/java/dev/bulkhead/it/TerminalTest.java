package dev.bulkhead.it;

import static dev.bulkhead.it.Dist.BINARY;
import static dev.bulkhead.it.Dist.busybox;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code bulkhead run -it} on a real terminal, typed and read by tmux. */
@ExtendWith(LeavesNothing.class)
final class TerminalTest {
  private static final long TIMEOUT_MILLIS = 60_000;

  @TempDir Path scratch;

  @BeforeEach
  void openTerminal() {
    tmux("new-session", "-d", "-x", "90", "-y", "30", "sh");
    tmux("set-option", "-g", "window-size", "manual");
    type("PS1='host> '; clear");
    awaitScreen(screen -> screen.trim().endsWith("host>"));
  }

  @AfterEach
  void closeTerminal() {
    tmux("kill-server");
  }

  private String tmux(String... arguments) {
    List<String> words = new ArrayList<>(List.of("tmux", "-f", "/dev/null", "-S"));
    words.add(scratch.resolve("tmux").toString());
    words.addAll(List.of(arguments));
    return Command.of(words).run().succeeds().output();
  }

  private void type(String line) {
    tmux("send-keys", "-l", line);
    tmux("send-keys", "Enter");
  }

  private String awaitScreen(Predicate<String> condition) {
    long deadline = System.nanoTime() + TIMEOUT_MILLIS * 1_000_000;
    String screen = "";
    while (System.nanoTime() < deadline) {
      screen = tmux("capture-pane", "-p");
      if (condition.test(screen)) {
        return screen;
      }
      pause();
    }
    throw new AssertionError("the screen never showed it:\n" + screen);
  }

  private static void pause() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void enterContainer() {
    type(BINARY + " run -it -e PS1='guest> ' " + busybox() + " sh");
    awaitScreen(screen -> screen.trim().endsWith("guest>"));
  }

  @Test
  void theContainerHasTheTerminal() {
    type("stty -a > " + scratch + "/before");
    enterContainer();
    type("tty; stty size");
    awaitScreen(screen -> screen.contains("/dev/pts/0") && screen.contains("30 90"));
    // Ctrl-C is the container's: it ends the sleep and nothing else.
    type("echo going; sleep 1000");
    awaitScreen(screen -> screen.contains("\ngoing\n"));
    tmux("send-keys", "C-c");
    type("echo code $?");
    awaitScreen(screen -> screen.contains("code 130"));
    tmux("resize-window", "-x", "70", "-y", "20");
    type("stty size");
    awaitScreen(screen -> screen.contains("20 70"));
    type("exit 7");
    awaitScreen(screen -> screen.trim().endsWith("host>"));
    type("echo left with $?; stty -a > " + scratch + "/after");
    awaitScreen(screen -> screen.contains("left with 7"));
    assertEquals(settings("before"), settings("after"));
  }

  /** What stty wrote, without the first line: the window's size changed meanwhile. */
  private List<String> settings(String file) {
    return Command.of("tail", "-n", "+2", scratch.resolve(file).toString())
        .run()
        .output()
        .lines()
        .toList();
  }

  @Test
  void theTerminalIsPutBackWhenTheMachineDies() {
    enterContainer();
    type("echo ready");
    awaitScreen(screen -> screen.contains("\nready"));
    long hypervisor =
        ProcessHandle.allProcesses()
            .filter(process -> process.info().command().orElse("").contains("qemu-system"))
            .filter(process -> hasAncestor(process, tmuxPid()))
            .findFirst()
            .orElseThrow()
            .pid();
    Command.of("kill", "-9", Long.toString(hypervisor)).run().succeeds();
    awaitScreen(screen -> screen.trim().endsWith("host>"));
    type("echo left with $?; stty -a | grep -c ' echo '");
    String screen = awaitScreen(text -> text.contains("left with 125\n1\n"));
    assertTrue(screen.contains("bulkhead: "), screen);
  }

  private long tmuxPid() {
    return Long.parseLong(tmux("display-message", "-p", "#{pid}").trim());
  }

  private static boolean hasAncestor(ProcessHandle process, long pid) {
    return process
        .parent()
        .map(parent -> parent.pid() == pid || hasAncestor(parent, pid))
        .orElse(false);
  }
}

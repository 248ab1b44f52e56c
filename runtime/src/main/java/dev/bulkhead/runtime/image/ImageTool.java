package dev.bulkhead.runtime.image;

import dev.bulkhead.linux.ChildProcess;
import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Pipe;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Terminal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Runs skopeo, umoci and mkfs.erofs, to which registries, layers and disks are left. */
final class ImageTool {
  private static final int TAIL = 4096;

  private final EventLoop loop;
  private final Runnable checkInterrupted;

  /**
   * Prepares to run them.
   *
   * @param checkInterrupted called while one runs; what it throws ends it
   */
  ImageTool(EventLoop loop, Runnable checkInterrupted) {
    this.loop = loop;
    this.checkInterrupted = checkInterrupted;
  }

  /**
   * Runs a program to its end. Its progress is shown on a terminal and nowhere else.
   *
   * @param what what it does, for the error: "fetch the image 'x'"
   */
  void run(String program, List<String> arguments, String what) {
    run(program, program, arguments, what);
  }

  /** As {@link #run(String, List, String)}, of a program whose package has another name. */
  void run(String program, String packageName, List<String> arguments, String what) {
    String path =
        Environment.findProgram(program)
            .orElseThrow(
                () ->
                    new ImageException(
                        "cannot "
                            + what
                            + ": "
                            + program
                            + " was not found; install the package "
                            + packageName));
    byte[] tail = new byte[TAIL];
    int[] length = {0};
    boolean[] ended = {false};
    Fd progress = Terminal.isTerminal(Fd.STDERR) ? Fd.STDERR : null;
    try (Pipe errors = Pipe.open(program);
        ChildProcess child =
            ChildProcess.start(
                ChildProcess.Command.of(path, arguments)
                    .withDescriptors(Arrays.asList(null, progress, errors.writer())))) {
      errors.writer().close();
      try (EventLoop.Watch output =
              loop.watch(
                  errors.reader(),
                  EventLoop.READABLE,
                  events -> length[0] = keepTail(errors.reader(), tail, length[0]));
          EventLoop.Watch end =
              loop.watch(child.pidfd(), EventLoop.READABLE, events -> ended[0] = true)) {
        loop.runUntil(
            () -> {
              checkInterrupted.run();
              return ended[0];
            });
      }
      Processes.Exit exit = child.await();
      if (exit.code() != 0) {
        length[0] = keepTail(errors.reader().setNonBlocking(true), tail, length[0]);
        throw new ImageException(
            "cannot "
                + what
                + ": "
                + program
                + " says: "
                + lastLine(new String(tail, 0, length[0], StandardCharsets.UTF_8)));
      }
    }
  }

  private static int keepTail(Fd fd, byte[] tail, int length) {
    byte[] piece = new byte[TAIL];
    int count = fd.read(piece, 0, piece.length);
    if (count <= 0) {
      return length;
    }
    int kept = Math.min(length, TAIL - count);
    System.arraycopy(tail, length - kept, tail, 0, kept);
    System.arraycopy(piece, 0, tail, kept, count);
    return kept + count;
  }

  /** The last line, without what logging puts around the message. */
  static String lastLine(String text) {
    List<String> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length() || text.charAt(i) == '\n') {
        if (i > start) {
          lines.add(text.substring(start, i));
        }
        start = i + 1;
      }
    }
    if (lines.isEmpty()) {
      return "nothing";
    }
    String last = lines.getLast();
    int message = last.indexOf("msg=\"");
    if (message < 0) {
      return last.trim();
    }
    int end = last.lastIndexOf('"');
    return last.substring(message + 5, Math.max(message + 5, end)).replace("\\\"", "'");
  }
}

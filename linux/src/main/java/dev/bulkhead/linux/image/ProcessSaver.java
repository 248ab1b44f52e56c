package dev.bulkhead.linux.image;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Registers;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.Tracee;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Makes the image of a process whose threads all wait for something. */
public final class ProcessSaver {
  private static final int PAGE = 4096;
  private static final int CHUNK_PAGES = 64;
  private static final int PAGE_ENTRY = 8;
  private static final long SYS_RT_SIGACTION = 13;
  private static final long SYS_SIGALTSTACK = 131;
  private static final long SYS_PRCTL = 157;
  private static final int PR_GET_TID_ADDRESS = 40;
  private static final int SIGNAL_SET_BYTES = 8;
  private static final int SCRATCH_BYTES = 64;
  // Below what a function without a frame of its own may use.
  private static final long SCRATCH_BELOW_STACK = 4096;
  private static final int ALTERNATE_STACK_IS_OFF = 2;
  private static final long MOST_STACK = 8L << 20;

  private final String directory;
  private final Fd memory;
  private final Fd pageMap;
  private final Fd pages;
  private final List<SavedRegion> regions = new ArrayList<>();
  private final List<MappedFile> files = new ArrayList<>();
  private long written;

  /**
   * What becomes of descriptors that no image can hold.
   *
   * @param given numbers of those that whoever makes a process of the image gives it
   * @param dropped numbers of those that the process does not need any more
   */
  public record Descriptors(Set<Integer> given, Set<Integer> dropped) {
    public Descriptors {
      given = Set.copyOf(given);
      dropped = Set.copyOf(dropped);
    }
  }

  private record Stopped(Tracee thread, Registers registers) {}

  private ProcessSaver(String directory, Fd memory, Fd pageMap, Fd pages) {
    this.directory = directory;
    this.memory = memory;
    this.pageMap = pageMap;
    this.pages = pages;
  }

  /**
   * Saves a process, which then goes on.
   *
   * @param pages an empty file for its pages
   * @return empty if a thread of it was busy
   * @throws ProcessImageException if it has what no image can hold
   * @throws LinuxException if this process may not look into it
   */
  public static Optional<ProcessImage> save(int pid, Fd pages, Descriptors descriptors) {
    String directory = "/proc/" + pid;
    try (Fd memory = Files.open(directory + "/mem", Open.O_RDWR);
        Fd pageMap = Files.open(directory + "/pagemap", Open.O_RDONLY)) {
      return new ProcessSaver(directory, memory, pageMap, pages).save(pid, descriptors);
    }
  }

  private Optional<ProcessImage> save(int pid, Descriptors descriptors) {
    List<Stopped> stopped = new ArrayList<>();
    try {
      for (int id : numbers(directory + "/task")) {
        Tracee thread = Tracee.seize(id);
        stopped.add(new Stopped(thread, thread.registers()));
      }
      if (!stopped.stream().allMatch(thread -> thread.registers().inSystemCall())
          || stopped.size() != numbers(directory + "/task").size()) {
        return Optional.empty();
      }
      if (stopped.getFirst().thread().id() != pid) {
        throw new ProcessImageException("its first thread has ended");
      }
      return Optional.of(image(stopped, descriptors));
    } finally {
      for (Stopped thread : stopped) {
        thread.thread().setRegisters(thread.registers());
        thread.thread().release();
      }
    }
  }

  private ProcessImage image(List<Stopped> stopped, Descriptors policy) {
    List<SavedThread> threads = new ArrayList<>();
    for (Stopped thread : stopped) {
      threads.add(thread(thread));
    }
    byte[] actions = signalActions(stopped.getFirst());
    List<byte[]> filters = new ArrayList<>(stopped.getFirst().thread().systemCallFilters());
    Collections.reverse(filters);
    List<SavedDescriptor> descriptors = descriptors(policy);
    List<MemoryRegion> map = MemoryRegion.parse(Files.readText(directory + "/maps"));
    map.forEach(this::save);
    return new ProcessImage(
        ProcessImage.currentBoot(),
        Files.readLink(directory + "/exe"),
        files,
        regions,
        MemoryLayout.parse(Files.readText(directory + "/stat"), map),
        threads,
        actions,
        filters,
        descriptors);
  }

  private static List<Integer> numbers(String path) {
    return Files.list(path).stream().map(Integer::valueOf).sorted().toList();
  }

  private SavedThread thread(Stopped stopped) {
    Tracee thread = stopped.thread();
    byte[] address = ask(stopped, SIGNAL_SET_BYTES, SYS_PRCTL, PR_GET_TID_ADDRESS, -1);
    byte[] stack = ask(stopped, 3 * 8, SYS_SIGALTSTACK, 0, -1);
    if (stack[8] != ALTERNATE_STACK_IS_OFF) {
      throw new ProcessImageException("a thread of it has a stack of its own for signals");
    }
    return new SavedThread(
        ownId(thread.id()),
        stopped.registers(),
        thread.extendedState(),
        thread.signalMask(),
        thread.robustList(),
        thread.restartableSequence(),
        number(address));
  }

  private int ownId(int id) {
    String status = Files.readText(directory + "/task/" + id + "/status");
    int start = status.indexOf("NSpid:");
    int end = status.indexOf('\n', start);
    return Integer.parseInt(status.substring(status.lastIndexOf('\t', end) + 1, end));
  }

  private byte[] signalActions(Stopped main) {
    byte[] all = new byte[Signals.LAST * ProcessImage.ACTION_BYTES];
    for (int signal = 1; signal <= Signals.LAST; signal++) {
      byte[] action =
          ask(main, ProcessImage.ACTION_BYTES, SYS_RT_SIGACTION, signal, 0, -1, SIGNAL_SET_BYTES);
      System.arraycopy(
          action, 0, all, (signal - 1) * ProcessImage.ACTION_BYTES, ProcessImage.ACTION_BYTES);
    }
    return all;
  }

  /** Has a thread ask the kernel; an argument of -1 stands for where the answer is to be. */
  private byte[] ask(Stopped stopped, int length, long call, long... arguments) {
    long scratch = (stopped.registers().stackPointer() - SCRATCH_BELOW_STACK) & -SCRATCH_BYTES;
    byte[] before = new byte[SCRATCH_BYTES];
    memory.seek(scratch);
    memory.read(before, 0, before.length);
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = arguments[i] == -1 ? scratch : arguments[i];
    }
    long result = stopped.thread().call(stopped.registers(), call, arguments);
    byte[] answer = new byte[length];
    memory.seek(scratch);
    memory.read(answer, 0, length);
    memory.seek(scratch);
    memory.writeAll(before);
    if (result < 0) {
      throw new LinuxException(
          "system call " + call, "thread " + stopped.thread().id(), (int) -result);
    }
    return answer;
  }

  private static long number(byte[] bytes) {
    long value = 0;
    for (int i = 7; i >= 0; i--) {
      value = (value << 8) | (bytes[i] & 0xff);
    }
    return value;
  }

  private List<SavedDescriptor> descriptors(Descriptors policy) {
    List<SavedDescriptor> saved = new ArrayList<>();
    for (int number : numbers(directory + "/fd")) {
      String path = directory + "/fd/" + number;
      String info = Files.readText(directory + "/fdinfo/" + number);
      if (policy.given().contains(number)) {
        saved.add(new SavedDescriptor.Given(number, SavedDescriptor.nonBlocking(info)));
      } else if (!policy.dropped().contains(number)) {
        saved.add(SavedDescriptor.of(number, Files.readLink(path), info, Files.isDirectory(path)));
      }
    }
    return saved;
  }

  private void save(MemoryRegion region) {
    if (region.isKernels()) {
      regions.add(new SavedRegion.Kernels(region.start(), region.length(), region.name()));
    } else if (region.shared()) {
      throw new ProcessImageException("it shares memory with others, of " + region.name());
    } else if (region.isMainStack()) {
      saveStack(region);
    } else if (!region.isOfFile()) {
      regions.add(new SavedRegion.Empty(region.start(), region.length(), region.access()));
      for (PageRuns.Run run : changedPages(region)) {
        long at = region.start() + run.first() * PAGE;
        long length = run.count() * PAGE;
        regions.add(new SavedRegion.OfImage(at, length, region.access(), copy(at, length)));
      }
    } else if (region.isWritable() || hasChanged(region)) {
      regions.add(
          new SavedRegion.OfImage(
              region.start(),
              region.length(),
              region.access(),
              copy(region.start(), region.length())));
    } else {
      regions.add(
          new SavedRegion.OfFile(
              region.start(),
              region.length(),
              region.access(),
              file(region.name()),
              region.offset()));
    }
  }

  /** It grows downwards, which no part of a file does. */
  private void saveStack(MemoryRegion region) {
    long start = region.end() - MOST_STACK;
    regions.add(new SavedRegion.Empty(start, MOST_STACK, region.access()));
    regions.add(
        new SavedRegion.Copied(
            region.start(), region.length(), copy(region.start(), region.length())));
  }

  private int file(String path) {
    for (int i = 0; i < files.size(); i++) {
      if (files.get(i).path().equals(path)) {
        return i;
      }
    }
    files.add(MappedFile.at(path));
    return files.size() - 1;
  }

  /** Whether a page of a part of a file is not the file's any more. */
  private boolean hasChanged(MemoryRegion region) {
    boolean[] changed = new boolean[1];
    eachPresent(
        region,
        (page, ofFile) -> {
          changed[0] |= !ofFile;
        });
    return changed[0];
  }

  private List<PageRuns.Run> changedPages(MemoryRegion region) {
    PageRuns runs = new PageRuns();
    byte[] content = new byte[PAGE];
    eachPresent(
        region,
        (page, ofFile) -> {
          memory.seek(region.start() + page * PAGE);
          memory.read(content, 0, PAGE);
          if (!isZero(content)) {
            runs.keep(page);
          }
        });
    return runs.runs();
  }

  private static boolean isZero(byte[] content) {
    for (byte value : content) {
      if (value != 0) {
        return false;
      }
    }
    return true;
  }

  private interface Present {
    void page(long number, boolean ofFile);
  }

  /** Calls for each page that the process has in memory or that was swapped out. */
  private void eachPresent(MemoryRegion region, Present present) {
    byte[] entries = new byte[PAGE];
    long count = region.length() / PAGE;
    for (long page = 0; page < count; page += entries.length / PAGE_ENTRY) {
      int wanted = (int) Math.min(entries.length, (count - page) * PAGE_ENTRY);
      pageMap.seek((region.start() / PAGE + page) * PAGE_ENTRY);
      int read = pageMap.read(entries, 0, wanted);
      for (int at = 0; at + PAGE_ENTRY <= read; at += PAGE_ENTRY) {
        // Bits 63, present, 62, swapped, and 61, of a file: see pagemap in the kernel's documents.
        int bits = entries[at + 7] >> 5 & 7;
        if ((bits & 6) != 0) {
          present.page(page + at / PAGE_ENTRY, (bits & 1) != 0);
        }
      }
    }
  }

  /** Copies memory to the file of pages, and answers where. */
  private long copy(long start, long length) {
    long at = written;
    byte[] chunk = new byte[CHUNK_PAGES * PAGE];
    memory.seek(start);
    pages.seek(at);
    long left = length;
    while (left > 0) {
      int count = memory.read(chunk, 0, (int) Math.min(chunk.length, left));
      if (count <= 0) {
        throw new ProcessImageException("its memory cannot be read");
      }
      int offset = 0;
      while (offset < count) {
        offset += pages.write(chunk, offset, count - offset);
      }
      left -= count;
    }
    written += length;
    return at;
  }
}

package dev.bulkhead.linux.image;

import dev.bulkhead.linux.CallTable;
import dev.bulkhead.linux.Capabilities;
import dev.bulkhead.linux.ChildProcess;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Registers;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.Tracee;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes a process of an image: a child of this process, in a PID namespace of its own, that goes on
 * where the saved one stood.
 *
 * <p>The child is forked, enters what it is confined to, and makes its descriptors; then it stands
 * still. What it does from there is told it by this process: it gives its memory away and maps the
 * image's, makes the threads under their old numbers, takes the rights away that it is not to have,
 * and puts the saved system call filters on. Nothing of the saved program runs before that.
 */
public final class ProcessRestorer {
  private static final long SYS_MMAP = 9;
  private static final long SYS_MUNMAP = 11;
  private static final long SYS_RT_SIGACTION = 13;
  private static final long SYS_PREAD64 = 17;
  private static final long SYS_MREMAP = 25;
  private static final long SYS_CAPSET = 126;
  private static final long SYS_PRCTL = 157;
  private static final long SYS_SET_TID_ADDRESS = 218;
  private static final long SYS_SET_ROBUST_LIST = 273;
  private static final long SYS_SECCOMP = 317;
  private static final long SYS_RSEQ = 334;
  private static final long SYS_CLONE3 = 435;
  private static final long SYS_CLOSE_RANGE = 436;

  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_FIXED = 0x10;
  private static final int MAP_ANONYMOUS = 0x20;
  private static final int MAP_NORESERVE = 0x4000;
  private static final int REMAP_TO = 3;
  private static final int PR_SET_MM = 35;
  private static final int PR_SET_MM_MAP = 14;
  private static final int SECCOMP_SET_MODE_FILTER = 1;
  private static final int SECCOMP_FILTER_FLAG_TSYNC = 1;
  private static final int FILTER_INSTRUCTION_BYTES = 8;
  private static final int SIGNAL_SET_BYTES = 8;
  private static final long LAST_DESCRIPTOR = 0xffffffffL;

  // What makes a thread of a process, see pthread_create(3), with its number chosen.
  private static final long THREAD_FLAGS =
      0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x80000 | 0x200000;
  private static final int CLONE_ARGUMENTS_BYTES = 88;
  private static final int FS_BASE = 21;

  private static final long KERNELS_PARKED_AT = CallTable.ADDRESS + 0x4000_0000L;
  private static final long KERNELS_PARKED_END = KERNELS_PARKED_AT + 0x4000_0000L;
  private static final long ARGUMENTS_AT = KERNELS_PARKED_END;
  private static final int CALLS_BESIDE_REGIONS = 128;
  private static final int DATA_BESIDE_FILTERS = 8192;

  private final ProcessImage image;
  private final CallTable table;
  private final int firstOwn;

  /**
   * What the process is to be.
   *
   * @param program for ps and messages, of which 15 bytes count
   * @param commandLine for /proc/PID/cmdline
   * @param given for each number that was said to be given, what it is of
   * @param confinement runs in the child before it gets the image, as to enter namespaces
   * @param capabilities what it keeps, as a set of {@link Capabilities#set}
   */
  public record Wanted(
      String program,
      List<String> commandLine,
      Map<Integer, Fd> given,
      Runnable confinement,
      long capabilities) {
    public Wanted {
      commandLine = List.copyOf(commandLine);
      given = Map.copyOf(given);
    }
  }

  private ProcessRestorer(ProcessImage image, CallTable table, int firstOwn) {
    this.image = image;
    this.table = table;
    this.firstOwn = firstOwn;
  }

  /**
   * Makes a process. It runs when this returns.
   *
   * @param pages the file that was written with the image
   * @throws ProcessImageException if the image is of another boot or of programs that have changed
   * @throws LinuxException if the kernel refuses; no child is left then
   */
  public static ChildProcess restore(ProcessImage image, Fd pages, Wanted wanted) {
    if (!image.bootId().equals(ProcessImage.currentBoot())) {
      throw new ProcessImageException("it was saved before the host was booted last");
    }
    List<Fd> files = new ArrayList<>();
    try (CallTable table =
        CallTable.create(image.regions().size() + CALLS_BESIDE_REGIONS, dataBytes(image))) {
      image.files().forEach(file -> files.add(file.open()));
      return restore(image, table, pages, files, wanted);
    } finally {
      files.forEach(Fd::close);
    }
  }

  private static int dataBytes(ProcessImage image) {
    int bytes = DATA_BESIDE_FILTERS + image.signalActions().length;
    for (byte[] filter : image.filters()) {
      bytes += filter.length;
    }
    return bytes;
  }

  private static ChildProcess restore(
      ProcessImage image, CallTable table, Fd pages, List<Fd> files, Wanted wanted) {
    List<Fd> descriptors = new ArrayList<>();
    for (SavedDescriptor descriptor : image.descriptors()) {
      while (descriptors.size() <= descriptor.number()) {
        descriptors.add(null);
      }
      if (descriptor instanceof SavedDescriptor.Given(int number, boolean nonBlocking)) {
        Fd given = wanted.given().get(number);
        if (given == null) {
          throw new ProcessImageException("its descriptor " + number + " is not given");
        }
        descriptors.set(number, given.setNonBlocking(nonBlocking));
      }
    }
    int firstOwn = descriptors.size();
    descriptors.add(pages);
    descriptors.addAll(files);
    ProcessRestorer restorer = new ProcessRestorer(image, table, firstOwn);
    ChildProcess child =
        ChildProcess.offerApart(
            new ChildProcess.Command(
                wanted.program(),
                List.of(),
                List.of(),
                descriptors,
                () -> restorer.prepare(wanted)));
    boolean made = false;
    try {
      restorer.fill(Tracee.awaitOffered(child.pid()), wanted);
      made = true;
      return child;
    } finally {
      if (!made) {
        child.close();
      }
    }
  }

  /** In the child: all that can be done before it has the image. */
  private void prepare(Wanted wanted) {
    wanted.confinement().run();
    Processes.setName(wanted.program());
    boolean[] used = new boolean[firstOwn];
    for (SavedDescriptor descriptor : image.descriptors()) {
      descriptor.make();
      used[descriptor.number()] = true;
    }
    for (int number = 3; number < firstOwn; number++) {
      if (!used[number]) {
        new Fd(number, "unused").close();
      }
    }
  }

  private void fill(Tracee main, Wanted wanted) {
    addMemory(wanted.commandLine());
    addSignalActions();
    main.run(table);
    writeCommandLine(main, wanted.commandLine());
    List<Tracee> threads = new ArrayList<>();
    threads.add(main);
    for (SavedThread thread : image.threads().subList(1, image.threads().size())) {
      threads.add(makeThread(main, thread));
    }
    introduce(main, wanted.commandLine());
    limit(threads, wanted.capabilities());
    finish(main);
    // The table's pages are taken away by an instruction of the saved program, the last thing.
    check(
        "munmap",
        main,
        main.call(
            image.threads().getFirst().registers(),
            SYS_MUNMAP,
            CallTable.ADDRESS,
            table.end() - CallTable.ADDRESS));
    for (int i = 0; i < threads.size(); i++) {
      SavedThread saved = image.threads().get(i);
      threads.get(i).setRegisters(saved.registers().resuming());
      threads.get(i).setExtendedState(saved.extended());
      threads.get(i).setSignalMask(saved.signalMask());
    }
    threads.forEach(Tracee::release);
  }

  private void addMemory(List<String> commandLine) {
    // The child's own are where this process, of which it is a copy, has them.
    Map<String, MemoryRegion> kernels = new HashMap<>();
    for (MemoryRegion region : MemoryRegion.parse(Files.readText("/proc/self/maps"))) {
      if (region.isKernels()) {
        kernels.put(region.name(), region);
      }
    }
    Map<String, Long> parked = new HashMap<>();
    long place = KERNELS_PARKED_AT;
    for (MemoryRegion region : kernels.values()) {
      move(region.start(), region.length(), place);
      parked.put(region.name(), place);
      place += region.length();
    }
    unmap(0, CallTable.ADDRESS);
    unmap(table.end(), KERNELS_PARKED_AT);
    unmap(KERNELS_PARKED_END, CallTable.END_OF_MEMORY);
    for (SavedRegion region : image.regions()) {
      if (region instanceof SavedRegion.Kernels(long start, long length, String name)) {
        if (!kernels.containsKey(name) || kernels.get(name).length() != length) {
          throw new ProcessImageException("the kernel gives it other pages of " + name);
        }
        move(parked.get(name), length, start);
      }
    }
    image.regions().forEach(this::add);
    table.add(
        "mmap",
        SYS_MMAP,
        ARGUMENTS_AT,
        argumentBytes(commandLine),
        PROT_READ_WRITE,
        MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS,
        -1,
        0);
  }

  private void move(long from, long length, long to) {
    table.add("mremap", SYS_MREMAP, from, length, length, REMAP_TO, to);
  }

  private void unmap(long start, long end) {
    table.add("munmap", SYS_MUNMAP, start, end - start);
  }

  private void add(SavedRegion region) {
    switch (region) {
      case SavedRegion.OfFile(long start, long length, int access, int file, long offset) ->
          map(start, length, access, 0, firstOwn + 1 + file, offset);
      case SavedRegion.Empty(long start, long length, int access) ->
          map(start, length, access, MAP_ANONYMOUS, -1, 0);
      case SavedRegion.OfImage(long start, long length, int access, long offset) ->
          map(start, length, access, 0, firstOwn, offset);
      case SavedRegion.Copied(long start, long length, long offset) ->
          table.add("pread64", SYS_PREAD64, firstOwn, start, length, offset);
      // They are there already.
      case SavedRegion.Kernels kernels -> {}
    }
  }

  private void map(long start, long length, int access, int kind, long descriptor, long offset) {
    int flags = MAP_FIXED | MAP_PRIVATE | MAP_NORESERVE | kind;
    table.add("mmap", SYS_MMAP, start, length, access, flags, descriptor, offset);
  }

  private void addSignalActions() {
    byte[] actions = image.signalActions();
    long at = table.data(actions);
    for (int signal = 1; signal <= Signals.LAST; signal++) {
      int offset = (signal - 1) * ProcessImage.ACTION_BYTES;
      // The child has the default action for all.
      if (!isZero(actions, offset)) {
        table.add("rt_sigaction", SYS_RT_SIGACTION, signal, at + offset, 0, SIGNAL_SET_BYTES);
      }
    }
  }

  private static boolean isZero(byte[] actions, int offset) {
    for (int i = 0; i < ProcessImage.ACTION_BYTES; i++) {
      if (actions[offset + i] != 0) {
        return false;
      }
    }
    return true;
  }

  private Tracee makeThread(Tracee main, SavedThread thread) {
    table.clear();
    long number = table.data(thread.id());
    long arguments =
        table.data(
            THREAD_FLAGS,
            0,
            thread.clearAtEnd(),
            0,
            0,
            0,
            0,
            thread.registers().values()[FS_BASE],
            number,
            1,
            0);
    table.add("clone3", SYS_CLONE3, arguments, CLONE_ARGUMENTS_BYTES);
    return main.runCloning(table);
  }

  /** Tells the kernel of what it knows of each thread, and takes its rights away. */
  private void limit(List<Tracee> threads, long capabilities) {
    table.clear();
    long header = table.data(Capabilities.HEADER);
    long low = capabilities & 0xffffffffL;
    long high = capabilities >>> 32;
    // Effective, permitted and inheritable, the lower half of each first.
    long sets = table.data(low << 32 | low, high << 32, high);
    for (int i = 0; i < threads.size(); i++) {
      Tracee thread = threads.get(i);
      SavedThread saved = image.threads().get(i);
      Registers waiting = saved.registers();
      if (i == 0) {
        thread.call(waiting, SYS_SET_TID_ADDRESS, saved.clearAtEnd());
      }
      check(
          "set_robust_list",
          thread,
          thread.call(
              waiting, SYS_SET_ROBUST_LIST, saved.robustList().head(), saved.robustList().size()));
      Tracee.RestartableSequence sequence = saved.sequence();
      if (sequence.address() != 0) {
        check(
            "rseq",
            thread,
            thread.call(
                waiting,
                SYS_RSEQ,
                sequence.address(),
                sequence.size(),
                0,
                sequence.signature() & 0xffffffffL));
      }
      check("capset", thread, thread.call(waiting, SYS_CAPSET, header, sets));
    }
  }

  private static void check(String call, Tracee thread, long result) {
    if (result < 0) {
      throw new LinuxException(call, "thread " + thread.id(), (int) -result);
    }
  }

  /** Tells the kernel which program it is, and where it has what. */
  private void introduce(Tracee main, List<String> commandLine) {
    table.clear();
    MemoryLayout layout =
        image.layout().withArguments(ARGUMENTS_AT, ARGUMENTS_AT + argumentBytes(commandLine));
    long[] fields = new long[13];
    System.arraycopy(layout.values(), 0, fields, 0, 11);
    // No auxiliary vector, 0 bytes of it; in the upper half the descriptor of the program.
    fields[11] = 0;
    fields[12] = program() << 32;
    table.add(
        "prctl", SYS_PRCTL, PR_SET_MM, PR_SET_MM_MAP, table.data(fields), fields.length * 8L, 0);
    main.run(table);
  }

  private long program() {
    for (int i = 0; i < image.files().size(); i++) {
      if (image.files().get(i).path().equals(image.program())) {
        return firstOwn + 1L + i;
      }
    }
    throw new ProcessImageException("it has nothing of its program mapped");
  }

  /** The last calls of the table: what is left of this program goes, and the filters come. */
  private void finish(Tracee main) {
    table.clear();
    table.add("close_range", SYS_CLOSE_RANGE, firstOwn, LAST_DESCRIPTOR, 0);
    for (byte[] filter : image.filters()) {
      long program = table.data(filter.length / FILTER_INSTRUCTION_BYTES, table.data(filter));
      table.add(
          "seccomp", SYS_SECCOMP, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, program);
    }
    main.run(table);
  }

  private static byte[] argumentText(List<String> commandLine) {
    StringBuilder text = new StringBuilder();
    for (String argument : commandLine) {
      text.append(argument).append('\0');
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static long argumentBytes(List<String> commandLine) {
    return argumentText(commandLine).length;
  }

  private static void writeCommandLine(Tracee main, List<String> commandLine) {
    try (Fd memory = Files.open("/proc/" + main.id() + "/mem", Open.O_WRONLY)) {
      memory.seek(ARGUMENTS_AT);
      memory.writeAll(argumentText(commandLine));
    }
  }
}

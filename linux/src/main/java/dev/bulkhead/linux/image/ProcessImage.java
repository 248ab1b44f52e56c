package dev.bulkhead.linux.image;

import dev.bulkhead.linux.Files;
import java.util.List;

/**
 * All of a process but its pages, which are in a file beside it.
 *
 * @param bootId of the host, as it was made
 * @param program the path of the program that it runs
 * @param files that parts of the process's memory are of
 * @param regions its memory, to be made in this order
 * @param threads that of the process first
 * @param signalActions for each signal from 1 on what {@code rt_sigaction} takes, 32 bytes each
 * @param filters programs of its system call filters, the first to be installed first
 */
public record ProcessImage(
    String bootId,
    String program,
    List<MappedFile> files,
    List<SavedRegion> regions,
    MemoryLayout layout,
    List<SavedThread> threads,
    byte[] signalActions,
    List<byte[]> filters,
    List<SavedDescriptor> descriptors) {
  /** How many bytes {@code rt_sigaction} takes for a signal. */
  static final int ACTION_BYTES = 32;

  public ProcessImage {
    files = List.copyOf(files);
    regions = List.copyOf(regions);
    threads = List.copyOf(threads);
    filters = List.copyOf(filters);
    descriptors = List.copyOf(descriptors);
  }

  /** The numbers of the descriptors that a process of it is to be given, in their order. */
  public List<Integer> givenNumbers() {
    return descriptors.stream()
        .filter(SavedDescriptor.Given.class::isInstance)
        .map(SavedDescriptor::number)
        .toList();
  }

  /** What tells this boot of the host from others. */
  static String currentBoot() {
    return Files.readText("/proc/sys/kernel/random/boot_id").trim();
  }
}

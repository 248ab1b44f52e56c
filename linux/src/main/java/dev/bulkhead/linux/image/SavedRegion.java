package dev.bulkhead.linux.image;

/** Some of a process's memory. They are mapped in order, a later one over what it covers. */
sealed interface SavedRegion {
  long start();

  long length();

  /**
   * A part of a file that is on the host.
   *
   * @param access 1 read, 2 write, 4 execute
   * @param file its place in {@link ProcessImage#files}
   * @param offset where in the file it begins
   */
  record OfFile(long start, long length, int access, int file, long offset)
      implements SavedRegion {}

  /** Zeroes, to begin with. */
  record Empty(long start, long length, int access) implements SavedRegion {}

  /**
   * Pages of the image.
   *
   * @param offset where in its file of pages they begin
   */
  record OfImage(long start, long length, int access, long offset) implements SavedRegion {}

  /** Pages of the image that are copied into what is there already, as no file can be there. */
  record Copied(long start, long length, long offset) implements SavedRegion {}

  /** What the kernel gives every process, under its name in /proc/PID/maps. */
  record Kernels(long start, long length, String name) implements SavedRegion {}
}

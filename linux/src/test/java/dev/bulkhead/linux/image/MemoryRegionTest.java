package dev.bulkhead.linux.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class MemoryRegionTest {
  private static final String MAPS =
      """
      557ae0c00000-557ae0f1d000 r--p 0031d000 fe:00 1234567                    /usr/bin/a program
      557ae2a00000-557ae2b21000 rw-p 00000000 00:00 0                          [heap]
      7fa7f3e00000-7fa7f3e01000 ---p 00000000 00:00 0\s
      7fa7f4000000-7fa7f8000000 rwxp 00000000 00:00 0\s
      7fa874c00000-7fa874d00000 rw-s 00001000 00:01 99                         /dev/zero (deleted)
      7ffe40120000-7ffe40141000 rw-p 00000000 00:00 0                          [stack]
      7ffe401cb000-7ffe401cf000 r--p 00000000 00:00 0                          [vvar]
      7ffe401cf000-7ffe401d1000 r-xp 00000000 00:00 0                          [vdso]
      ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
      """;

  @Test
  void linesAreUnderstood() {
    List<MemoryRegion> regions = MemoryRegion.parse(MAPS);
    assertEquals(8, regions.size());
    assertEquals(
        new MemoryRegion(
            0x557ae0c00000L, 0x557ae0f1d000L, 1, false, 0x31d000, "/usr/bin/a program"),
        regions.getFirst());
    assertTrue(regions.get(0).isOfFile());
    assertFalse(regions.get(0).isWritable());
    assertTrue(regions.get(1).isHeap());
    assertEquals(
        new MemoryRegion(0x7fa7f3e00000L, 0x7fa7f3e01000L, 0, false, 0, ""), regions.get(2));
    assertEquals(7, regions.get(3).access());
    assertEquals(0x4000000, regions.get(3).length());
    assertTrue(regions.get(4).shared());
    assertTrue(regions.get(5).isMainStack());
    assertTrue(regions.get(6).isKernels());
    assertTrue(regions.get(7).isKernels());
    assertFalse(regions.get(5).isKernels());
  }

  @Test
  void theLayoutIsReadBehindTheProgramsName() {
    String stat =
        "42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 3 0 555 9 7 18446744073709551615"
            + " 11 12 13 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 14 15 1024 17 18 19 20 0\n";
    MemoryRegion heap = new MemoryRegion(1024, 4096, 3, false, 0, "[heap]");
    MemoryLayout layout = MemoryLayout.parse(stat, List.of(heap));
    assertEquals(new MemoryLayout(11, 12, 14, 15, 1024, 4096, 13, 17, 18, 19, 20), layout);
    assertEquals(layout, MemoryLayout.of(layout.values()));
    assertEquals(
        new MemoryLayout(11, 12, 14, 15, 1024, 4096, 13, 5, 6, 19, 20), layout.withArguments(5, 6));
  }

  @Test
  void fewPagesBetweenAreTakenAlong() {
    PageRuns runs = new PageRuns();
    for (long page : new long[] {3, 4, 30, 1000, 1033, 1065}) {
      runs.keep(page);
    }
    assertEquals(
        List.of(new PageRuns.Run(3, 28), new PageRuns.Run(1000, 1), new PageRuns.Run(1033, 33)),
        runs.runs());
  }
}

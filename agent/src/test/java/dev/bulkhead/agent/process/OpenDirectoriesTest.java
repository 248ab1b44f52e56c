package dev.bulkhead.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class OpenDirectoriesTest {
  @Test
  void componentsAreTheNamesThatLeadSomewhere() {
    assertEquals(List.of("usr", "bin"), OpenDirectories.components("/usr//bin/"));
    assertEquals(List.of("bin"), OpenDirectories.components("./bin/."));
    assertEquals(List.of("a", "..", "b"), OpenDirectories.components("a/../b"));
    assertEquals(List.of(), OpenDirectories.components("/"));
    assertEquals(List.of(), OpenDirectories.components(""));
  }
}

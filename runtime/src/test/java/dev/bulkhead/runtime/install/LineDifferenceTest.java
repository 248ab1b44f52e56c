package dev.bulkhead.runtime.install;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class LineDifferenceTest {
  private static String difference(String before, String after) {
    return LineDifference.unified("a", "b", before, after);
  }

  @Test
  void writesWhatDiffWrites() {
    assertEquals("", difference("x\n", "x\n"));
    assertEquals("--- a\n+++ b\n@@ -0,0 +1,2 @@\n+x\n+y\n", difference("", "x\ny\n"));
    assertEquals("--- a\n+++ b\n@@ -1 +0,0 @@\n-x\n", difference("x\n", ""));
    assertEquals(
        "--- a\n+++ b\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+z\n",
        difference("x\ny", "x\nz\n"));
  }

  @Test
  void putsChangesThatAreFarApartIntoTwoPieces() {
    String before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
    String after = "1\n2x\n3\n4\n5\n6\n7\n8\n9\n10\n11\nx\n12\n";
    assertEquals(
        """
        --- a
        +++ b
        @@ -1,5 +1,5 @@
         1
        -2
        +2x
         3
         4
         5
        @@ -9,4 +9,5 @@
         9
         10
         11
        +x
         12
        """,
        difference(before, after));
  }

  @Test
  void keepsChangesThatAreCloseInOnePiece() {
    assertEquals(
        "--- a\n+++ b\n@@ -1,8 +1,8 @@\n-a\n+A\n 2\n 3\n 4\n 5\n 6\n 7\n-b\n+B\n",
        difference("a\n2\n3\n4\n5\n6\n7\nb\n", "A\n2\n3\n4\n5\n6\n7\nB\n"));
  }
}

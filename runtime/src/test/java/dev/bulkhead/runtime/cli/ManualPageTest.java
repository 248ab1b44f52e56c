package dev.bulkhead.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ManualPageTest {
  private static final String PAGE = ManualPage.of(Sample.BOX, "1.2");

  @Test
  void hasAllSections() {
    assertTrue(PAGE.startsWith(".TH \"BOX\" 1 \"\" \"box 1.2\"\n"), PAGE);
    assertEquals(
        """
        .SH NAME
        .SH SYNOPSIS
        .SH DESCRIPTION
        .SH OPTIONS
        .SH COMMANDS
        .SH EXIT STATUS
        .SH ENVIRONMENT
        .SH FILES
        .SH SEE ALSO
        """,
        PAGE.lines().filter(line -> line.startsWith(".SH")).reduce("", (a, b) -> a + b + "\n"));
  }

  @Test
  void tellsEveryCommandAndOptionThatIsNotHidden() {
    for (Command command : Sample.BOX.commands()) {
      assertEquals(!command.hidden(), PAGE.contains(".SS \"" + command.name() + "\"\n"));
      for (Option<?> option : command.options()) {
        String written = "--" + option.longName();
        assertEquals(!option.hidden(), PAGE.contains(written.replace("-", "\\-")), written);
      }
    }
  }

  @Test
  void escapesWhatRoffWouldTakeForItself() {
    assertTrue(PAGE.contains("Second \\(aqparagraph\\(aq with a \\e in it."), PAGE);
    assertTrue(PAGE.contains("\\fBbox run . ls \\-l\\fR"), PAGE);
    assertFalse(PAGE.lines().anyMatch(line -> line.startsWith("'")), PAGE);
  }
}

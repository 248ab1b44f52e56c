package dev.bulkhead.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class HelpTextTest {
  @Test
  void aCommandsHelpTellsAllOfIt() throws UsageException {
    assertEquals(
        """
        Usage: box run [OPTIONS] IMAGE [COMMAND...]
               box run [OPTIONS] --bundle DIR ID

        Run a container.

        First paragraph in two lines.

        Second 'paragraph' with a \\ in it.

        Arguments:
          IMAGE                   The image
          COMMAND                 The command
          ID                      The id

        Options:
          -i, --interactive       Input
          -t, --tty               Terminal
          -e, --env K=V           A variable; may be repeated
          -m, --memory SIZE       Memory
          -h, --hostname NAME     Name
              --pull WHEN         When to pull (always, missing, never)
          -b, --bundle DIR        The bundle
              --no-pivot          Do not pivot; accepted without effect, because there
                                  is nothing to pivot
              --help              Print this text

        Examples:
          List:
            box run . ls -l

        Exit codes:
          127                     Not found
        """,
        Sample.help("run", "--help"));
  }

  @Test
  void shortHelpIsHelpUnlessTheLetterIsTaken() throws UsageException {
    assertTrue(Sample.help("kill", "-h").startsWith("Usage: box kill [OPTIONS] ID [SIGNAL]\n"));
    assertTrue(Sample.help("kill", "-h").contains("\n  -h, --help  "));
    assertTrue(Sample.help("-h").startsWith("Usage: box [OPTIONS] COMMAND"));
  }

  @Test
  void helpNeedsNoArguments() throws UsageException {
    assertTrue(Sample.help("rm", "--help").contains("\nAlso called: rm\n"));
    assertTrue(Sample.help("completion", "--help").contains("The shell: bash, zsh"));
  }

  @Test
  void theProgramsHelpListsCommandsBySection() throws UsageException {
    String help = Sample.help("--help");
    int containers = help.indexOf("\nContainers:\n  run  ");
    int volumes = help.indexOf("\nVolumes:\n  volume add  ");
    assertTrue(containers > 0 && volumes > containers, help);
    assertFalse(help.contains("__hidden"), help);
    assertTrue(Sample.help("volume", "--help").contains("  volume remove  "));
  }

  @Test
  void noLineIsWiderThanATerminal() throws UsageException {
    for (List<String> words : List.of(List.of("--help"), List.of("run", "--help"))) {
      String text = ((Request.Help) Sample.BOX.parse(words)).text();
      assertTrue(text.lines().allMatch(line -> line.length() <= 80), text);
      assertTrue(text.lines().noneMatch(line -> line.endsWith(" ")), text);
    }
  }

  @Test
  void goStyleIsShownAsItIsWritten() throws UsageException {
    String help = ((Request.Help) Sample.GO_BOX.parse(List.of("run", "-help"))).text();
    assertTrue(help.contains("\n  -env K=V  "), help);
    assertTrue(help.contains("box run [OPTIONS] -bundle DIR ID"), help);
  }
}

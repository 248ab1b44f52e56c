package dev.bulkhead.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ShellTest {
  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void scriptsNameTheProgram(Shell shell) {
    String script = shell.script("my-box");
    assertFalse(script.matches("(?s).*@[A-Z]+@.*"), script);
    assertTrue(script.contains("_my_box_complete"), script);
    assertTrue(script.contains(Shell.QUESTION), script);
  }

  /** Lets bash load the script and complete a line, with a program that answers what it is told. */
  private List<String> bash(String answer, String line) throws IOException, InterruptedException {
    Path program = directory.resolve("box");
    Files.writeString(
        program,
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + directory + "/asked\nprintf '" + answer + "'\n");
    assertTrue(program.toFile().setExecutable(true));
    Path script = directory.resolve("script");
    Files.writeString(
        script,
        Shell.BASH.script("box")
            + """
            compopt() { :; }
            COMP_LINE='%s' COMP_POINT=${#COMP_LINE}
            _box_complete
            printf '%%s\\n' "${COMPREPLY[@]}"
            """
                .formatted(line));
    Process bash =
        new ProcessBuilder("bash", script.toString())
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, bash.waitFor(), output);
    return output.lines().toList();
  }

  @Test
  void bashAsksWithTheWordsUpToTheCursor() throws Exception {
    List<String> offered =
        bash("none\\nalways\\tEach time\\nmissing\\t\\n", directory + "/box run --pull ");
    assertEquals(List.of("always", "missing"), offered);
    assertEquals(
        List.of(Shell.QUESTION, "--", "run", "--pull", ""),
        Files.readAllLines(directory.resolve("asked")));
  }

  @Test
  void bashIsGivenOnlyWhatIsBehindAnEqualsSign() throws Exception {
    assertEquals(
        List.of("missing"), bash("none\\n--pull=missing\\t\\n", directory + "/box run --pull=m"));
  }

  @Test
  void bashOffersPathsWhereTheyFit() throws Exception {
    Files.createDirectory(directory.resolve("sub"));
    assertEquals(
        List.of(directory + "/sub"),
        bash("directory\\n", directory + "/box run " + directory + "/s"));
    assertTrue(
        bash("file\\n", directory + "/box --log=" + directory + "/s")
            .contains(directory + "/script"));
  }
}

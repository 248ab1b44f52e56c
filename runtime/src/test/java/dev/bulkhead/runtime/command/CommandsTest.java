package dev.bulkhead.runtime.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.agentapi.Build;
import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Entry;
import dev.bulkhead.runtime.cli.Program;
import dev.bulkhead.runtime.cli.Request;
import dev.bulkhead.runtime.cli.UsageException;
import dev.bulkhead.runtime.image.PullPolicy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CommandsTest {
  private static final Program BULKHEAD = Commands.PROGRAM;

  private static Request.Invocation invocation(String... words) throws UsageException {
    return assertInstanceOf(Request.Invocation.class, BULKHEAD.parse(List.of(words)));
  }

  private static String about(String... words) throws UsageException {
    return Commands.about(BULKHEAD, invocation(words)).orElseThrow();
  }

  @Test
  void namesAreUnique() {
    Set<String> names = new HashSet<>();
    for (Command command : BULKHEAD.commands()) {
      assertTrue(names.add(command.name()), command.name());
      command.aliases().forEach(alias -> assertTrue(names.add(alias), alias));
    }
  }

  @Test
  void everyExampleIsACommandLineOfTheProgram() throws UsageException {
    List<Entry> examples = new ArrayList<>();
    BULKHEAD.commands().forEach(command -> examples.addAll(command.examples()));
    assertFalse(examples.isEmpty());
    for (Entry example : examples) {
      List<String> words = new ArrayList<>();
      for (String word : example.term().replace("source <(", "").replace(")", "").split(" ", -1)) {
        if (word.equals("|") || word.startsWith(">")) {
          break;
        }
        words.add(word);
      }
      assertEquals("bulkhead", words.removeFirst(), example.term());
      assertInstanceOf(Request.Invocation.class, BULKHEAD.parse(words), example.term());
    }
  }

  @Test
  void helpFitsATerminalAndReadsAsSentences() throws UsageException {
    for (Command command : BULKHEAD.commands()) {
      assertFalse(command.summary().endsWith("."), command.name());
      String help = about("help", command.name());
      assertTrue(help.lines().allMatch(line -> line.length() <= 80), help);
    }
    assertTrue(about("help").startsWith("Usage: bulkhead [OPTIONS] COMMAND"));
    assertThrows(UsageException.class, () -> about("help", "run", "image"));
    assertThrows(UsageException.class, () -> about("help", "nonsense"));
  }

  @Test
  void runTakesWhatDockersUsersWrite() throws UsageException {
    Request.Invocation run =
        invocation(
            "--debug",
            "run",
            "--rm",
            "-it",
            "-e",
            "A=1",
            "-eB",
            "-v",
            "/src:/dst:ro",
            "-w/tmp",
            "-u",
            "1000:1000",
            "-m512m",
            "--cpus=1.5",
            "-h",
            "box",
            "--pull",
            "never",
            "--ulimit",
            "nofile=1024:2048",
            "debian:stable",
            "sh",
            "-c",
            "exit 3");
    assertEquals(Optional.of("debian:stable"), run.get(RunCommand.IMAGE));
    assertEquals(List.of("sh", "-c", "exit 3"), run.all(RunCommand.COMMAND));
    assertEquals(Optional.of(512L << 20), run.options().get(RunCommand.MEMORY));
    assertEquals(Optional.of(1_500_000_000L), run.options().get(RunCommand.CPUS));
    assertEquals(Optional.of(PullPolicy.NEVER), run.options().get(RunCommand.PULL));
    assertEquals(Optional.of("box"), run.options().get(RunCommand.HOSTNAME));
    assertEquals(2, run.options().all(RunCommand.ENV).size());
    assertTrue(run.globals().isSet(GlobalOptions.DEBUG));
  }

  @Test
  void runWithABundleIsThatOfTheOciRuntimes() throws UsageException {
    Request.Invocation run =
        invocation("run", "--pid-file", "/p", "-d", "--no-pivot", "--bundle", "/b", "web");
    assertEquals(Optional.of(OciOptions.BUNDLE), run.usage().selector());
    assertEquals(Optional.of("web"), run.get(OciOptions.ID));
    UsageException e =
        assertThrows(UsageException.class, () -> invocation("run", "-b", "/b", "-i", "web"));
    assertTrue(e.getMessage().startsWith("option '--interactive' of 'bulkhead run' does not go"));
  }

  @Test
  void updateTakesTheFlagsOfRunc() throws UsageException {
    Request.Invocation update =
        invocation(
            "update", "--cpuset-cpus", "0-2", "--blkio-weight=300", "--kernel-memory", "1m", "web");
    assertEquals(Optional.of("0-2"), update.options().get(UpdateCommand.CPUSET_CPUS));
    assertEquals(Optional.of(300L), update.options().get(UpdateCommand.BLKIO_WEIGHT));
    assertThrows(UsageException.class, () -> invocation("update", "--blkio-weight", "9", "web"));
  }

  @Test
  void versionTellsEnginesWhatTheyLookFor() throws UsageException {
    List<String> lines = Commands.version(BULKHEAD.withName("kata-runtime")).lines().toList();
    assertEquals("kata-runtime version " + Build.VERSION, lines.get(0));
    assertTrue(lines.get(1).startsWith("commit: "));
    assertTrue(lines.get(2).startsWith("spec: 1."));
    assertEquals(Commands.version(BULKHEAD), about("version"));
    assertTrue(about("version", "--json").startsWith("{\"name\":\"bulkhead\",\"version\":\""));
    assertFalse(Build.VERSION.contains("$"), Build.VERSION);
  }

  @Test
  void tellsAboutItself() throws UsageException {
    assertTrue(about("man").contains(".SS \"run\""));
    assertTrue(about("completion", "fish").contains("complete -c bulkhead"));
    assertEquals(
        "none\n--memory\tLimit", about("__complete", "--", "run", "--mem").substring(0, 19));
    assertEquals(Optional.empty(), Commands.about(BULKHEAD, invocation("run", "image")));
  }
}

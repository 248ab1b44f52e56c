package dev.bulkhead.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParserTest {
  private static String error(String... words) {
    return Sample.error(Sample.BOX, words).orElseThrow();
  }

  @Test
  void readsGlobalAndCommandOptionsInAllSpellings() throws UsageException {
    Request.Invocation run =
        Sample.invocation("--root=/r", "-d", "run", "-it", "-eA=1", "--env", "B=2=3", "-m=1k", "i");
    assertEquals(Optional.of("/r"), run.globals().get(Sample.ROOT));
    assertTrue(run.globals().isSet(Sample.DEBUG));
    assertTrue(run.options().isSet(Sample.INTERACTIVE));
    assertTrue(run.options().isSet(Sample.TTY));
    assertEquals(List.of("A=1", "B=2=3"), run.options().all(Sample.ENV));
    assertEquals(Optional.of(1024L), run.options().get(Sample.MEMORY));
    assertEquals(List.of("i"), run.all(Sample.IMAGE));
    assertEquals(List.of(), run.all(Sample.COMMAND));
  }

  @Test
  void aBundleOfLettersMayEndWithAValue() throws UsageException {
    assertEquals(
        Optional.of("x"),
        Sample.invocation("run", "-ith", "x", "i").options().get(Sample.HOSTNAME));
  }

  @Test
  void flagsMayBeSwitchedOff() throws UsageException {
    Values options = Sample.invocation("run", "--tty=false", "-i=false", "i").options();
    assertFalse(options.isSet(Sample.TTY));
    assertTrue(options.has(Sample.TTY));
    assertFalse(options.isSet(Sample.INTERACTIVE));
  }

  @Test
  void ofAnOptionGivenTwiceTheLastCounts() throws UsageException {
    Values options = Sample.invocation("run", "-m", "1", "-m", "2", "i").options();
    assertEquals(List.of(2L), options.all(Sample.MEMORY));
  }

  @Test
  void nothingIsAnOptionBehindTheImage() throws UsageException {
    Request.Invocation run = Sample.invocation("run", "image", "ls", "-l", "--", "--nonsense");
    assertEquals(List.of("ls", "-l", "--", "--nonsense"), run.all(Sample.COMMAND));
    Request.Invocation separated = Sample.invocation("run", "-t", "--", "-image", "--", "-l");
    assertEquals(Optional.of("-image"), separated.get(Sample.IMAGE));
    assertEquals(List.of("--", "-l"), separated.all(Sample.COMMAND));
  }

  @Test
  void optionsMayStandBehindTheArgumentsOfOtherCommands() throws UsageException {
    Request.Invocation kill = Sample.invocation("kill", "web", "9", "--all");
    assertTrue(kill.options().isSet(Sample.ALL));
    assertEquals(Optional.of(9L), kill.get(Sample.SIGNAL));
  }

  @Test
  void anOptionSelectsTheOtherUsage() throws UsageException {
    Request.Invocation run = Sample.invocation("run", "--bundle", "/b", "--no-pivot", "web");
    assertEquals(Optional.of(Sample.BUNDLE), run.usage().selector());
    assertEquals(Optional.of("web"), run.get(Sample.ID));
    assertEquals(Optional.empty(), run.get(Sample.IMAGE));
  }

  @Test
  void optionsOfTheOtherUsageAreRefused() {
    assertEquals(
        "option '--env' of 'box run' does not go with 'box run [OPTIONS] --bundle DIR ID';"
            + " see 'box run --help'",
        error("run", "--bundle", "/b", "-e", "A=1", "web"));
    assertEquals(
        "option '--no-pivot' of 'box run' does not go with 'box run [OPTIONS] IMAGE [COMMAND...]';"
            + " see 'box run --help'",
        error("run", "--no-pivot", "image"));
  }

  @Test
  void groupsTakeASecondWord() throws UsageException {
    Request.Invocation add = Sample.invocation("volume", "add", "--file", "f", "v");
    assertEquals(Sample.VOLUME_ADD, add.command());
    assertEquals(Optional.of("v"), add.get(Sample.ID));
    assertEquals("'box volume' needs one of add, remove; see 'box volume --help'", error("volume"));
    assertEquals(
        "unknown command 'ad' of 'box volume' (did you mean 'add'?); see 'box volume --help'",
        error("volume", "ad"));
  }

  @Test
  void aliasesNameTheCommand() throws UsageException {
    assertEquals(Sample.DELETE, Sample.invocation("rm", "a", "b").command());
    assertEquals(List.of("a", "b"), Sample.invocation("rm", "a", "b").all(Sample.IDS));
  }

  @Test
  void withoutACommandTheGlobalsAreLeft() throws UsageException {
    Request.NoCommand request =
        assertInstanceOf(Request.NoCommand.class, Sample.BOX.parse(List.of("--debug")));
    assertTrue(request.globals().isSet(Sample.DEBUG));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rnu|unknown command 'rnu' of 'box' (did you mean 'run'?); see 'box --help'",
        "nothing-like-it|unknown command 'nothing-like-it' of 'box'; see 'box --help'",
        "run --foo i|unknown option '--foo' of 'box run'; see 'box run --help'",
        "run --memroy 1 i|unknown option '--memroy' of 'box run' (did you mean '--memory'?);"
            + " see 'box run --help'",
        "run --secre i|unknown option '--secre' of 'box run'; see 'box run --help'",
        "run -ix i|unknown option '-x' of 'box run' (in '-ix'); see 'box run --help'",
        "run -x i|unknown option '-x' of 'box run'; see 'box run --help'",
        "run --debug i|unknown option '--debug' of 'box run': it is one of box itself, so put it"
            + " before; see 'box run --help'",
        "run --env|option '--env' of 'box run' needs a value; see 'box run --help'",
        "run -m 12x i|option '-m' of 'box run': '12x' is no size; bytes or a number such as 512m"
            + " or 2g is expected",
        "run --pull soon i|option '--pull' of 'box run': 'soon' is none of always, missing, never",
        "run --tty=maybe i|option '--tty' of 'box run': 'maybe' is neither true nor false",
        "run|'box run' needs IMAGE; see 'box run --help'",
        "run --bundle x|'box run' needs ID; see 'box run --help'",
        "delete|'box delete' needs ID; see 'box delete --help'",
        "kill web 99|SIGNAL of 'box kill': '99' is out of range; 1 to 64 is possible",
        "kill web 9 now|'box kill' has no use for 'now'; see 'box kill --help'",
        "--rot x run|unknown option '--rot' of 'box' (did you mean '--root'?); see 'box --help'",
      })
  void errorsSayWhatToDo(String line, String message) {
    assertEquals(message, error(line.split(" ")));
  }

  @Test
  void goStyleTakesLongOptionsWithOneDash() throws UsageException {
    Request request =
        Sample.GO_BOX.parse(List.of("-root", "/r", "--debug", "run", "-memory=1k", "i", "-tty"));
    Request.Invocation run = assertInstanceOf(Request.Invocation.class, request);
    assertEquals(Optional.of("/r"), run.globals().get(Sample.ROOT));
    assertTrue(run.globals().isSet(Sample.DEBUG));
    assertEquals(Optional.of(1024L), run.options().get(Sample.MEMORY));
    assertEquals(List.of("-tty"), run.all(Sample.COMMAND));
    assertEquals(
        Optional.of("unknown option '-it' of 'box run'; see 'box run --help'"),
        Sample.error(Sample.GO_BOX, "run", "-it", "i"));
    assertInstanceOf(Request.Help.class, Sample.GO_BOX.parse(List.of("-h")));
  }

  @Test
  void aUsageWhoseArgumentsCannotBeToldApartIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> Usage.of(List.of(), List.of(Sample.COMMAND, Sample.ID)));
    assertThrows(
        IllegalArgumentException.class,
        () -> Usage.selectedBy(Sample.BUNDLE, List.of(), List.of(Sample.ID)));
  }
}

package dev.bulkhead.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompletionTest {
  private static List<String> candidates(String... words) {
    return Completion.of(Sample.BOX, List.of(words)).candidates().stream()
        .map(Entry::term)
        .toList();
  }

  private static Completes completes(String... words) {
    return Completion.of(Sample.BOX, List.of(words)).completes();
  }

  @Test
  void offersCommandsOnceAndNotTheHidden() {
    assertEquals(List.of("run", "kill", "delete", "volume", "completion"), candidates(""));
    assertEquals(List.of("completion"), candidates("--root", "/r", "-d", "com"));
    assertEquals(List.of("add", "remove"), candidates("volume", ""));
    assertEquals(List.of("remove"), candidates("volume", "r"));
  }

  @Test
  void offersOptionsOfWhereTheCursorIs() {
    assertEquals(List.of("--root", "--debug", "--help"), candidates("-"));
    assertEquals(List.of("--env"), candidates("run", "--e"));
    assertFalse(candidates("run", "-").contains("--secret"));
    assertEquals(List.of("--file"), candidates("volume", "add", "v", "--f"));
  }

  @Test
  void offersValues() {
    assertEquals(List.of("always", "missing", "never"), candidates("run", "--pull", ""));
    assertEquals(List.of("--pull=missing"), candidates("run", "--pull=m"));
    assertEquals(List.of("bash", "zsh"), candidates("completion", ""));
    assertEquals(List.of(), candidates("completion", "bash", ""));
    assertEquals(List.of(), candidates("run", "--nonsense=x"));
  }

  @ParameterizedTest
  @CsvSource({
    "'run,',DIRECTORIES",
    "'run,-it,',DIRECTORIES",
    "'run,-m,',NOTHING",
    "'run,-m,1g,',DIRECTORIES",
    "'run,-m1g,',DIRECTORIES",
    "'run,--memory=1g,',DIRECTORIES",
    "'run,image,-',NOTHING",
    "'run,-tb,',DIRECTORIES",
    "'run,--bundle,/b,',NOTHING",
    "'run,--bundle=',DIRECTORIES",
    "'volume,add,--file,',FILES",
    "'--root,',DIRECTORIES",
    "'kill,',NOTHING",
  })
  void saysWhetherPathsFit(String words, Completes expected) {
    assertEquals(expected, completes(words.split(",", -1)));
  }

  @Test
  void nothingIsAnOptionBehindTheImage() {
    assertEquals(List.of(), candidates("run", "image", "-"));
    assertEquals(List.of(), candidates("run", "--", "-"));
  }

  @Test
  void isWrittenForTheScripts() {
    Completion completion = Completion.of(Sample.BOX, List.of("kill", "--a"));
    assertEquals("none\n--all\tAll processes\n", completion.lines());
    assertTrue(Completion.of(Sample.BOX, List.of("run", "")).lines().startsWith("directory\n"));
  }

  @Test
  void anUnknownWordIsNoReasonToFail() {
    assertEquals(Completes.NOTHING, completes("nonsense", "--what", ""));
    assertEquals(List.of(), Completion.of(Sample.BOX, List.of()).candidates());
  }
}

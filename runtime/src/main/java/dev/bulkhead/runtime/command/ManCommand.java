package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Entry;
import dev.bulkhead.runtime.cli.Usage;
import java.util.List;

/** {@code man}: the manual page, for installing it or for reading it without. */
final class ManCommand {
  static final Command DEFINITION =
      Command.of(
              "man",
              Commands.ABOUT_SECTION,
              "Print the manual page",
              Usage.of(List.of(), List.of()))
          .withDescription("The page is in roff, the language of man(1).")
          .withExamples(new Entry("bulkhead man | man -l -", "Read it"));

  private ManCommand() {}
}

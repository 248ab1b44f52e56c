package dev.bulkhead.runtime.command;

import dev.bulkhead.runtime.cli.Argument;
import dev.bulkhead.runtime.cli.Command;
import dev.bulkhead.runtime.cli.Entry;
import dev.bulkhead.runtime.cli.Option;
import dev.bulkhead.runtime.cli.Usage;
import dev.bulkhead.runtime.cli.ValueType;
import java.util.List;

/** {@code direct-volume}: volumes that guests mount from block devices. */
public final class DirectVolumeCommand {
  /** What is done with a volume. */
  public enum Action {
    ADD,
    REMOVE,
    STATS,
    RESIZE;

    String word() {
      return switch (this) {
        case ADD -> "add";
        case REMOVE -> "remove";
        case STATS -> "stats";
        case RESIZE -> "resize";
      };
    }
  }

  public static final Option<String> VOLUME_PATH =
      Option.of(
          "volume-path",
          "PATH",
          ValueType.DIRECTORY,
          "The source of the bind mount that the volume is for containers");

  public static final Option<String> MOUNT_INFO =
      Option.of("mount-info", "JSON", ValueType.TEXT, "What to mount there, for 'add'");

  public static final Option<Long> SIZE =
      Option.of("size", "SIZE", ValueType.SIZE, "The size that its device has got, for 'resize'");

  public static final Argument<Action> ACTION =
      Argument.one("ACTION", ValueType.oneOf(List.of(Action.values()), Action::word), "What to do");

  public static final Command DEFINITION =
      Command.of(
              "direct-volume",
              Commands.HOST_SECTION,
              "Let guests mount a volume from its block device",
              Usage.of(List.of(VOLUME_PATH, MOUNT_INFO, SIZE), List.of(ACTION)))
          .withDescription(
              """
              A container that has PATH as the source of a bind mount gets the file system of a block
              device there, which its machine mounts and the host does not. 'add' describes it, in
              the same place and the same words as Kata's direct-volume; 'remove' forgets it;
              'stats' tells how full it is; 'resize' grows its disk and its file system in the
              machine when its device has grown. JSON is an object with the keys volume-type
              ("block"), device, fstype, metadata and options (those of mount, an array).
              """)
          .withExamples(
              new Entry(
                  "bulkhead direct-volume add --volume-path /vol --mount-info '{...}'",
                  "Describe a volume"),
              new Entry("bulkhead direct-volume stats --volume-path /vol", "How full it is"));

  private DirectVolumeCommand() {}
}

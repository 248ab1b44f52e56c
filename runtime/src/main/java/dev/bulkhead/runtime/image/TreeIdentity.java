package dev.bulkhead.runtime.image;

import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.runtime.digest.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What tells a tree of files from another one without reading its files: their inodes with the time
 * of the last change, which nobody can set. What engines make anew for each container of an image
 * counts by what it is: directories, links, and the empty files that they mount something on.
 */
final class TreeIdentity {
  private TreeIdentity() {}

  /** The identity of a directory's content, in hexadecimal digits. */
  static String of(String directory) {
    List<String> names = new ArrayList<>(Files.list(directory));
    Collections.sort(names);
    StringBuilder text = new StringBuilder(facts(Files.linkStatus(directory)));
    for (String name : names) {
      if (!Files.isExact(name)) {
        throw new ImageException(
            "no image can be made of '"
                + directory
                + "': the name of a file in it, '"
                + name
                + "', is not UTF-8; set shared_fs to \"virtio-9p\"");
      }
      String path = directory + "/" + name;
      FileStatus status = Files.linkStatus(path);
      text.append(name).append('\0').append(facts(status)).append(' ');
      text.append(content(path, status)).append('\0');
    }
    return Sha256.hex(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static String facts(FileStatus status) {
    return status.mode() + " " + status.uid() + " " + status.gid();
  }

  private static String content(String path, FileStatus status) {
    return switch (status.type()) {
      case FileStatus.DIRECTORY -> of(path);
      case FileStatus.SYMLINK -> Files.readLink(path);
      case FileStatus.REGULAR ->
          status.size() == 0
              ? ""
              : status.size() + " " + status.inode() + " " + status.changedNanos();
      default -> status.rdevMajor() + ":" + status.rdevMinor();
    };
  }
}

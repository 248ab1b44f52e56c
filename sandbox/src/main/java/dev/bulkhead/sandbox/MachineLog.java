package dev.bulkhead.sandbox;

import dev.bulkhead.hypervisor.MachineExit;
import dev.bulkhead.hypervisor.VirtualMachine;
import dev.bulkhead.linux.FileStatus;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The last words of machines that ended by themselves, one file each, the newest few kept. */
final class MachineLog {
  private static final int KEPT = 20;
  private static final String SUFFIX = ".log";

  private final String directory;

  private MachineLog(String directory) {
    this.directory = directory;
  }

  static MachineLog of(SandboxDirectory.Roots roots) {
    return new MachineLog(roots.logs());
  }

  /**
   * Keeps what the guest's console said.
   *
   * @return a sentence for the user that names the file
   */
  String keep(String name, MachineExit exit, VirtualMachine machine) {
    String sentence = "the virtual machine of '" + name + "' ended: " + exit.sentence();
    String path = directory + "/" + name + SUFFIX;
    try {
      Files.makeDirectories(directory, 0700);
      Files.replace(path, sentence + "\n\n" + machine.consoleTail() + "\n", 0600);
      removeOldest();
    } catch (LinuxException e) {
      return sentence + "; its log could not be kept: " + e.getMessage();
    }
    return sentence + "; its console is kept in " + path;
  }

  private record Kept(String path, long modifiedNanos) {}

  private void removeOldest() {
    List<Kept> logs = new ArrayList<>();
    for (String file : Files.list(directory)) {
      String path = directory + "/" + file;
      Optional<FileStatus> status = Files.statusIfExists(path);
      status.ifPresent(found -> logs.add(new Kept(path, found.modifiedNanos())));
    }
    logs.sort(Comparator.comparingLong(Kept::modifiedNanos));
    for (Kept log : logs.subList(0, Math.max(0, logs.size() - KEPT))) {
      Files.removeIfExists(log.path());
    }
  }
}

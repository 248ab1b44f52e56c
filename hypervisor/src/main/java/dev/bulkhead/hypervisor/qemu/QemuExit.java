package dev.bulkhead.hypervisor.qemu;

import dev.bulkhead.hypervisor.MachineExit;
import dev.bulkhead.hypervisor.MachineExit.Cause;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.OutputTail;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import java.util.List;

/** Tells from what QEMU and the guest said last why a machine ended. */
final class QemuExit {
  private static final String PANIC = "Kernel panic - not syncing: ";
  private static final int ERROR_LINES = 5;
  private static final int PANIC_TEXT_LIMIT = 200;

  private QemuExit() {}

  /**
   * Explains an end.
   *
   * @param status how the process ended
   * @param stopping whether it was asked to end
   */
  static MachineExit explain(
      MachineSpec spec,
      Processes.Exit status,
      boolean stopping,
      OutputTail console,
      OutputTail errors) {
    if (stopping) {
      return new MachineExit(Cause.STOPPED, "the machine was stopped");
    }
    List<String> consoleLines = console.lines();
    for (String line : consoleLines.reversed()) {
      int at = line.indexOf(PANIC);
      if (at >= 0) {
        return new MachineExit(
            Cause.GUEST_PANICKED,
            panicSentence(spec, line.substring(at + PANIC.length()), console));
      }
    }
    String said = String.join("; ", last(errors.lines()));
    if (status.signalled()) {
      return new MachineExit(
          Cause.HYPERVISOR_FAILED,
          "QEMU was ended by " + Signals.name(status.signal()) + tail(said));
    }
    if (status.code() != 0) {
      boolean noMemory =
          said.contains("cannot set up guest memory") || said.contains("Cannot allocate memory");
      return new MachineExit(
          Cause.HYPERVISOR_FAILED,
          noMemory
              ? "the host has no memory for a machine of " + spec.memoryMib() + " MiB" + tail(said)
              : "QEMU ended with code " + status.code() + tail(said));
    }
    if (said.contains("terminating on signal")) {
      return new MachineExit(Cause.STOPPED, "QEMU was told to end by a signal" + tail(said));
    }
    return new MachineExit(Cause.GUEST_ENDED, "the guest switched itself off");
  }

  private static String panicSentence(MachineSpec spec, String panic, OutputTail console) {
    String text = panic.substring(0, Math.min(PANIC_TEXT_LIMIT, panic.length()));
    boolean starved =
        text.contains("memory")
            || console.lines().stream()
                .anyMatch(
                    line ->
                        line.contains("Initramfs unpacking failed")
                            || line.contains("Out of memory"));
    return "the guest's kernel panicked: "
        + text
        + (starved ? "; its " + spec.memoryMib() + " MiB of memory may be too little" : "");
  }

  private static List<String> last(List<String> lines) {
    return lines.subList(Math.max(0, lines.size() - ERROR_LINES), lines.size());
  }

  private static String tail(String said) {
    return said.isEmpty() ? "" : ": " + said;
  }
}

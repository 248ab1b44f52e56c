package dev.bulkhead.hypervisor.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bulkhead.hypervisor.Accelerator;
import dev.bulkhead.hypervisor.AgentChannel;
import dev.bulkhead.hypervisor.MachineExit;
import dev.bulkhead.hypervisor.MachineExit.Cause;
import dev.bulkhead.hypervisor.MachineModel;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.OutputTail;
import dev.bulkhead.linux.Processes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class QemuExitTest {
  private static final int OK = 0;
  private static final int CODE_1 = 1 << 8;
  private static final int KILLED = 9;

  @Test
  void tellsAPanicInTheKernelsWords() {
    assertEquals(
        new MachineExit(
            Cause.GUEST_PANICKED, "the guest's kernel panicked: Attempted to kill init!"),
        explain(
            OK, "[ 1.0] Kernel panic - not syncing: Attempted to kill init!\n[1.1] CPU: 0\n", ""));
  }

  @Test
  void tellsOfTooLittleMemory() {
    assertEquals(
        "the guest's kernel panicked: System is deadlocked on memory; its 80 MiB of memory may be"
            + " too little",
        explain(OK, "Kernel panic - not syncing: System is deadlocked on memory", "").sentence());
    assertEquals(
        "the guest's kernel panicked: VFS: Unable to mount root fs; its 80 MiB of memory may be too"
            + " little",
        explain(
                OK,
                "Initramfs unpacking failed: write error\n"
                    + "Kernel panic - not syncing: VFS: Unable to mount root fs",
                "")
            .sentence());
  }

  @Test
  void tellsQemusLastWords() {
    assertEquals(
        new MachineExit(
            Cause.HYPERVISOR_FAILED, "QEMU ended with code 1: qemu: -x: invalid option"),
        explain(CODE_1, "", "qemu: -x: invalid option\n"));
    assertEquals("QEMU ended with code 1", explain(CODE_1, "", "").sentence());
  }

  @Test
  void tellsOfAHostWithoutMemory() {
    assertEquals(
        "the host has no memory for a machine of 80 MiB: qemu: cannot set up guest memory 'pc.ram':"
            + " Cannot allocate memory",
        explain(CODE_1, "", "qemu: cannot set up guest memory 'pc.ram': Cannot allocate memory\n")
            .sentence());
  }

  @Test
  void tellsSignals() {
    assertEquals(
        new MachineExit(Cause.HYPERVISOR_FAILED, "QEMU was ended by SIGKILL"),
        explain(KILLED, "", ""));
    assertEquals(
        Cause.STOPPED,
        explain(OK, "", "qemu-system-x86_64: terminating on signal 15 from pid 1\n").cause());
  }

  @Test
  void tellsAPlainEnd() {
    assertEquals(Cause.GUEST_ENDED, explain(OK, "reboot: Power down\n", "").cause());
    assertEquals(
        Cause.STOPPED,
        QemuExit.explain(
                spec(), new Processes.Exit(7, KILLED), true, tail("Kernel panic - not"), tail(""))
            .cause());
  }

  private static MachineExit explain(int status, String console, String errors) {
    return QemuExit.explain(
        spec(), new Processes.Exit(7, status), false, tail(console), tail(errors));
  }

  private static OutputTail tail(String text) {
    OutputTail tail = new OutputTail(1000);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    tail.append(bytes, 0, bytes.length);
    return tail;
  }

  private static MachineSpec spec() {
    return new MachineSpec(
        "a",
        "/k",
        Optional.empty(),
        Optional.empty(),
        MachineModel.Q35,
        Accelerator.TCG,
        80,
        1,
        List.of(),
        List.of(),
        List.of(),
        0,
        new AgentChannel.SerialPort());
  }
}

package dev.bulkhead.hypervisor.qemu;

import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Pipe;
import dev.bulkhead.linux.UnixSocket;
import java.util.ArrayList;
import java.util.List;

/**
 * What connects this process with a QEMU.
 *
 * @param ours the ends that stay here
 * @param theirs QEMU's ends, of which it gets copies
 */
record QemuWires(Ends ours, Ends theirs) {
  /**
   * One side's ends.
   *
   * @param errors what QEMU complains to
   * @param monitor its monitor
   * @param console what the guest writes to its console
   * @param agent the agent's port
   */
  record Ends(Fd errors, Fd monitor, Fd console, Fd agent) {
    /** Closes all of them. */
    void close() {
      errors.close();
      monitor.close();
      console.close();
      agent.close();
    }
  }

  /**
   * Makes them; both sides' ends are the caller's to close.
   *
   * @throws LinuxException if that fails; nothing is left then
   */
  static QemuWires open() {
    List<Fd> opened = new ArrayList<>();
    try {
      Pipe errors = Pipe.open("messages of QEMU");
      opened.addAll(List.of(errors.reader(), errors.writer()));
      List<Fd> monitor = pair("QEMU's monitor", opened);
      List<Fd> console = pair("the guest's console", opened);
      List<Fd> agent = pair("the agent's port", opened);
      agent.getFirst().setNonBlocking(true);
      return new QemuWires(
          new Ends(errors.reader(), monitor.getFirst(), console.getFirst(), agent.getFirst()),
          new Ends(errors.writer(), monitor.getLast(), console.getLast(), agent.getLast()));
    } catch (LinuxException e) {
      opened.forEach(Fd::close);
      throw e;
    }
  }

  private static List<Fd> pair(String name, List<Fd> opened) {
    List<Fd> ends = UnixSocket.pair(name);
    opened.addAll(ends);
    return ends;
  }
}

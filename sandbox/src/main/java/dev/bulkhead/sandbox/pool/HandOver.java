package dev.bulkhead.sandbox.pool;

import dev.bulkhead.hypervisor.MachineHandles;
import dev.bulkhead.linux.DetachedMount;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.UnixSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a keeper hands over.
 *
 * @param machine that is ready
 * @param share the directory that its guest gets to see, a mount whose propagation is shared
 * @param network the namespace that its taps wait in, if it has any
 */
public record HandOver(MachineHandles machine, DetachedMount share, Optional<Fd> network) {
  private static final byte MARK = 'm';

  /** Sends copies to whoever asked. */
  public void send(Fd connection) {
    List<Fd> descriptors = new ArrayList<>(machine.descriptors());
    descriptors.add(share.top());
    network.ifPresent(descriptors::add);
    UnixSocket.send(connection, new byte[] {MARK}, descriptors);
  }

  /**
   * Receives what {@link #send} sent and is there already; the descriptors are the caller's.
   *
   * @return empty if the keeper had handed its machine to another one
   * @throws LinuxException if what comes is something else
   */
  static Optional<HandOver> receive(Fd connection) {
    UnixSocket.Received received = UnixSocket.receive(connection, 1);
    List<Fd> all = received.descriptors();
    int share = MachineHandles.COUNT;
    if (received.data().length == 1 && received.data()[0] == MARK && all.size() > share) {
      return Optional.of(
          new HandOver(
              MachineHandles.of(all),
              DetachedMount.received(all.get(share)),
              all.size() > share + 1 ? Optional.of(all.get(share + 1)) : Optional.empty()));
    }
    all.forEach(Fd::close);
    return Optional.empty();
  }

  /** Closes all of it; the machine is its keeper's again, or gone with it. */
  void discard() {
    machine.descriptors().forEach(Fd::close);
    share.close();
    network.ifPresent(Fd::close);
  }
}

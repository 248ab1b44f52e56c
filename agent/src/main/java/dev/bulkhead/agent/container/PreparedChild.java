package dev.bulkhead.agent.container;

import dev.bulkhead.agent.cgroup.Cgroup;
import dev.bulkhead.agent.mount.PreparedMounts;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.protobuf.MalformedMessageException;
import java.util.List;
import java.util.Optional;

/**
 * What a forked child of the agent does that is to be the first process of a container that is not
 * known yet: it makes what a container like an example needs, waits for the real one, and goes on
 * as its {@link Child}.
 *
 * @param cgroup the container's
 */
record PreparedChild(Spec example, Cgroup cgroup) {
  private static final int LENGTH_BYTES = 4;

  /**
   * The child's whole life until its program runs.
   *
   * @param gate the socket to the agent
   * @return the exit code of a child that did not become a program
   */
  int run(Fd gate) {
    Processes.setKeepingGarbage(true);
    try {
      Child.separate(List.of(gate));
      Fd agentMounts = Namespaces.openOwn("mnt");
      Fd agentNames = Namespaces.openOwn("uts");
      Child.enterNew(cgroup, example);
      PreparedMounts mounts = PreparedMounts.make(example);
      ChildReport.sendReady(gate, Optional.empty());
      goOn(gate, new Child.Place.Prepared(mounts, agentMounts, agentNames));
    } catch (MalformedMessageException | RuntimeException e) {
      ChildReport.sendFailure(gate, String.valueOf(e.getMessage()));
    }
    return Child.FAILED;
  }

  private static void goOn(Fd gate, Child.Place place) throws MalformedMessageException {
    UnixSocket.Received header = UnixSocket.receive(gate, LENGTH_BYTES);
    if (header.data().length < LENGTH_BYTES) {
      // The agent needs it no more.
      return;
    }
    byte[] message = new byte[length(header.data())];
    int read = 0;
    while (read < message.length) {
      int count = gate.read(message, read, message.length - read);
      if (count <= 0) {
        return;
      }
      read += count;
    }
    CreationRequest wanted = CreationRequest.decode(message);
    Spec spec = wanted.spec();
    new Child(spec, spec.process(), wanted.seccomp(), place).goOn(gate, header.descriptors());
  }

  /**
   * Tells the child what container it is of.
   *
   * @param socket the agent's end of the gate
   * @param request the host's, as it came
   * @param pipes the child's ends of its standard streams, nothing for a terminal
   */
  static void send(Fd socket, byte[] request, List<Fd> pipes) {
    byte[] length = new byte[LENGTH_BYTES];
    for (int i = 0; i < LENGTH_BYTES; i++) {
      length[i] = (byte) (request.length >>> (8 * i));
    }
    UnixSocket.send(socket, length, pipes);
    socket.writeAll(request);
  }

  private static int length(byte[] header) {
    int length = 0;
    for (int i = 0; i < LENGTH_BYTES; i++) {
      length |= (header[i] & 0xff) << (8 * i);
    }
    return length;
  }
}

package dev.bulkhead.hypervisor.qemu;

import dev.bulkhead.hypervisor.Confinement;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.linux.Capabilities;
import dev.bulkhead.linux.ChildProcess;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Network;
import dev.bulkhead.linux.image.ProcessImage;
import dev.bulkhead.linux.image.ProcessImageException;
import dev.bulkhead.linux.image.ProcessImageFormat;
import dev.bulkhead.linux.image.ProcessRestorer;
import dev.bulkhead.linux.image.ProcessSaver;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A QEMU that was saved as a process, whose machine was stopped by its monitor. What is connected
 * with it by sockets and taps is connected anew; its taps are those from {@link
 * QemuCommandLine#FIRST_DEVICE_FD} on.
 *
 * @param process all but its pages
 * @param idleQueues the numbers of taps that take no part in their devices' traffic before the
 *     guest's driver wants them to
 */
record QemuImage(ProcessImage process, Set<Integer> idleQueues) {
  private static final int LARGEST = 16 << 20;
  // More than a machine can have taps.
  private static final int NUMBERS = 256;
  private static final int TRIES = 500;
  private static final long BETWEEN_TRIES_MILLIS = 2;

  // What a tap has before a guest's driver has chosen.
  private static final int USUAL_HEADER_BYTES = 10;

  /**
   * Saves a QEMU whose machine stands still.
   *
   * @param commandLine that it was started with
   * @throws HypervisorException if it cannot be saved
   */
  static void save(
      EventLoop loop,
      int pid,
      MachineSpec spec,
      QemuCommandLine commandLine,
      Fd pages,
      Fd process) {
    try {
      Optional<ProcessImage> image = Optional.empty();
      for (int i = 0; i < TRIES && image.isEmpty(); i++) {
        // Its threads come to rest when they have told of the machine's stop.
        loop.runUntil(() -> false, BETWEEN_TRIES_MILLIS);
        image = ProcessSaver.save(pid, pages, descriptors(commandLine));
      }
      new QemuImage(
              image.orElseThrow(() -> new ProcessImageException("it does not come to rest")),
              idleQueues(spec, commandLine))
          .write(process);
    } catch (ProcessImageException | LinuxException e) {
      throw new HypervisorException("the process of QEMU cannot be saved: " + e.getMessage(), e);
    }
  }

  private static Set<Integer> idleQueues(MachineSpec spec, QemuCommandLine commandLine) {
    List<Fd> taps = taps(spec);
    Set<Integer> idle = new TreeSet<>();
    for (int i = 0; i < taps.size(); i++) {
      if (Network.headerBytes(taps.get(i)) != USUAL_HEADER_BYTES) {
        throw new ProcessImageException("its guest uses a network device");
      }
      if (Network.isDetachedQueue(taps.get(i))) {
        idle.add(commandLine.taps().get(i));
      }
    }
    return idle;
  }

  private static List<Fd> taps(MachineSpec spec) {
    List<Fd> taps = new ArrayList<>();
    spec.networkDevices().forEach(device -> taps.addAll(device.taps()));
    return taps;
  }

  private static ProcessSaver.Descriptors descriptors(QemuCommandLine commandLine) {
    Set<Integer> given =
        new TreeSet<>(
            List.of(
                1,
                2,
                QemuCommandLine.MONITOR_FD,
                QemuCommandLine.CONSOLE_FD,
                QemuCommandLine.AGENT_FD));
    given.addAll(commandLine.taps());
    Set<Integer> dropped = new TreeSet<>();
    for (int i = 0; i < commandLine.devices().size(); i++) {
      int number = QemuCommandLine.FIRST_DEVICE_FD + i;
      if (!given.contains(number)) {
        dropped.add(number);
      }
    }
    return new ProcessSaver.Descriptors(given, dropped);
  }

  /**
   * Reads what was saved.
   *
   * @throws ProcessImageException if that is spoilt
   */
  static QemuImage read(Fd process) {
    process.seek(0);
    byte[] bytes = process.readAll(LARGEST);
    int end = bytes.length - NUMBERS;
    if (end < 0) {
      throw new ProcessImageException("the image of a process is spoilt");
    }
    Set<Integer> idle = new TreeSet<>();
    for (int number = 0; number < NUMBERS; number++) {
      if (bytes[end + number] != 0) {
        idle.add(number);
      }
    }
    return new QemuImage(ProcessImageFormat.read(Arrays.copyOf(bytes, end)), idle);
  }

  /** Writes what {@link #read} reads: behind the process a byte for each number of a tap. */
  private void write(Fd file) {
    file.writeAll(ProcessImageFormat.write(process));
    byte[] idle = new byte[NUMBERS];
    idleQueues.forEach(number -> idle[number] = 1);
    file.writeAll(idle);
  }

  /**
   * Makes a QEMU of it, whose machine stands still.
   *
   * @param program QEMU's path
   * @param ends what it gets for those that the saved one had
   */
  ChildProcess restore(String program, MachineSpec spec, Fd pages, QemuWires.Ends ends) {
    Map<Integer, Fd> given = new HashMap<>();
    given.put(1, ends.errors());
    given.put(2, ends.errors());
    given.put(QemuCommandLine.MONITOR_FD, ends.monitor());
    given.put(QemuCommandLine.CONSOLE_FD, ends.console());
    given.put(QemuCommandLine.AGENT_FD, ends.agent());
    List<Fd> taps = taps(spec);
    for (int number : process.givenNumbers()) {
      if (number >= QemuCommandLine.FIRST_DEVICE_FD) {
        if (taps.isEmpty()) {
          throw new ProcessImageException("it has more taps than are given");
        }
        Fd tap = taps.removeFirst();
        if (idleQueues.contains(number)) {
          Network.detachQueue(tap);
        }
        given.put(number, tap);
      }
    }
    Confinement confinement = QemuConfinement.of(program, spec);
    String name = program.substring(program.lastIndexOf('/') + 1);
    return ProcessRestorer.restore(
        process,
        pages,
        new ProcessRestorer.Wanted(
            name,
            List.of(name, "-name", "guest=" + QemuCommandLine.escape(spec.name())),
            given,
            confinement::enter,
            Capabilities.set(confinement.capabilities())));
  }
}

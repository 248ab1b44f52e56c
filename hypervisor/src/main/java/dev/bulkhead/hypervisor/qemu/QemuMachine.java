package dev.bulkhead.hypervisor.qemu;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import dev.bulkhead.hypervisor.AgentChannel;
import dev.bulkhead.hypervisor.AgentEndpoint;
import dev.bulkhead.hypervisor.Disk;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.hypervisor.MachineExit;
import dev.bulkhead.hypervisor.MachineHandles;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.hypervisor.Origin;
import dev.bulkhead.hypervisor.OutputDrain;
import dev.bulkhead.hypervisor.VirtualMachine;
import dev.bulkhead.hypervisor.qmp.QmpClient;
import dev.bulkhead.hypervisor.qmp.QmpException;
import dev.bulkhead.hypervisor.qmp.QmpProtocol;
import dev.bulkhead.linux.ChildProcess;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.image.ProcessImageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A machine that QEMU runs: its process and this side of its sockets. */
final class QemuMachine implements VirtualMachine {
  private static final int CONSOLE_TAIL = 64 << 10;
  private static final int ERROR_TAIL = 8 << 10;
  private static final int CONSOLE_LINES = 40;
  private static final long COMMAND_TIMEOUT_MILLIS = 10_000;
  private static final String STATE_NAME = "state";

  // A little of the parent's environment could change what QEMU does. One arena: QEMU's threads
  // allocate little, and each arena costs its own memory.
  private static final List<String> ENVIRONMENT =
      List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "MALLOC_ARENA_MAX=1");

  private final EventLoop loop;
  private final MachineSpec spec;
  private final QemuProcess process;
  // Empty where another one's is gone on from, or another process started it.
  private final Optional<QemuCommandLine> commandLine;
  private final QmpClient monitor;
  private final QemuDisks disks;
  private final QemuNetworks networks;
  private final AgentEndpoint agent;
  private final OutputDrain console;
  private final OutputDrain errors;
  private final EventLoop.Watch processWatch;
  private final List<Consumer<MachineExit>> exitListeners = new ArrayList<>();
  private MachineExit exit;
  // The last that QEMU said of saving or going on.
  private String migration = "";
  private boolean stopping;
  private boolean closed;

  private QemuMachine(
      EventLoop loop,
      MachineSpec spec,
      QemuProcess process,
      Optional<QemuCommandLine> commandLine,
      boolean greeted,
      QemuWires.Ends ends,
      AgentEndpoint agent) {
    this.loop = loop;
    this.spec = spec;
    this.process = process;
    this.commandLine = commandLine;
    this.monitor = new QmpClient(loop, ends.monitor(), greeted, new Events());
    DiskPlaces places = new DiskPlaces(spec.bridges());
    this.disks = new QemuDisks(loop, this.monitor, places);
    this.networks = new QemuNetworks(this.monitor, places);
    this.console = new OutputDrain(loop, ends.console(), CONSOLE_TAIL);
    this.errors = new OutputDrain(loop, ends.errors(), ERROR_TAIL);
    this.agent = agent;
    this.processWatch = loop.watch(process.end(), EventLoop.READABLE, events -> ended());
  }

  /** Starts QEMU. */
  static QemuMachine start(
      EventLoop loop, String program, MachineSpec spec, QemuCommandLine commandLine) {
    QemuWires wires = open();
    QemuWires.Ends theirs = wires.theirs();
    try {
      List<Fd> descriptors = new ArrayList<>();
      descriptors.add(null);
      descriptors.addAll(
          List.of(theirs.errors(), theirs.errors(), theirs.monitor(), theirs.console()));
      AgentEndpoint agent =
          switch (spec.agentChannel()) {
            case AgentChannel.SerialPort port -> {
              descriptors.add(theirs.agent());
              yield new AgentEndpoint.Stream(wires.ours().agent());
            }
            case AgentChannel.Vsock vsock -> {
              descriptors.add(null);
              wires.ours().agent().close();
              yield new AgentEndpoint.Vsock(vsock.contextId());
            }
          };
      descriptors.addAll(commandLine.devices());
      List<String> arguments = new ArrayList<>();
      arguments.add(program.substring(program.lastIndexOf('/') + 1));
      arguments.addAll(commandLine.arguments());
      ChildProcess process =
          ChildProcess.startApart(
              new ChildProcess.Command(
                  program,
                  arguments,
                  ENVIRONMENT,
                  descriptors,
                  QemuConfinement.of(program, spec)::enter));
      QemuMachine machine =
          new QemuMachine(
              loop,
              spec,
              new QemuProcess.Own(process),
              Optional.of(commandLine),
              false,
              wires.ours(),
              agent);
      commandLine.incoming().ifPresent(machine::receive);
      return machine;
    } catch (LinuxException e) {
      wires.ours().close();
      throw new HypervisorException("QEMU could not be started: " + e.getMessage(), e);
    } finally {
      theirs.close();
    }
  }

  private static QemuWires open() {
    try {
      return QemuWires.open();
    } catch (LinuxException e) {
      throw new HypervisorException("QEMU could not be connected with: " + e.getMessage(), e);
    }
  }

  /** Goes on from a QEMU that was saved as a process, see {@link Origin.ProcessImage}. */
  static QemuMachine restore(
      EventLoop loop, String program, MachineSpec spec, Fd pages, Fd process) {
    QemuWires wires = open();
    try {
      ChildProcess child = QemuImage.read(process).restore(program, spec, pages, wires.theirs());
      QemuMachine machine =
          new QemuMachine(
              loop,
              spec,
              new QemuProcess.Own(child),
              Optional.empty(),
              true,
              wires.ours(),
              new AgentEndpoint.Stream(wires.ours().agent()));
      machine.goOn();
      return machine;
    } catch (LinuxException | ProcessImageException e) {
      wires.ours().close();
      throw new HypervisorException(
          "QEMU could not go on from a saved process: " + e.getMessage(), e);
    } finally {
      wires.theirs().close();
    }
  }

  private void goOn() {
    try {
      resume();
    } catch (HypervisorException e) {
      close();
      throw e;
    }
  }

  /** Takes over one that another process started, see {@link QemuHypervisor#adopt}. */
  static QemuMachine adopt(EventLoop loop, MachineSpec spec, MachineHandles handles, Fd keeper) {
    return new QemuMachine(
        loop,
        spec,
        new QemuProcess.Kept(handles.process(), keeper),
        Optional.empty(),
        true,
        new QemuWires.Ends(handles.errors(), handles.monitor(), handles.console(), handles.agent()),
        new AgentEndpoint.Stream(handles.agent().setNonBlocking(true)));
  }

  /**
   * Listens to how saving and going on get along, and to which devices are gone; an end shows by
   * the process's end.
   */
  private final class Events implements QmpProtocol.Listener {
    @Override
    public void event(String name, JsonObject data) {
      switch (name) {
        case "MIGRATION" -> migration = data.getString("status", "");
        case "DEVICE_DELETED" -> disks.deviceDeleted(data.getString("device", ""));
        default -> {}
      }
    }

    @Override
    public void ended(String reason) {}
  }

  private void ended() {
    processWatch.close();
    disks.machineEnded();
    console.finish();
    errors.finish();
    exit = QemuExit.explain(spec, process.exit(), stopping, console.tail(), errors.tail());
    List<Consumer<MachineExit>> listeners = new ArrayList<>(exitListeners);
    exitListeners.clear();
    listeners.forEach(listener -> listener.accept(exit));
  }

  @Override
  public int pid() {
    return process.pid();
  }

  @Override
  public AgentEndpoint agent() {
    return agent;
  }

  @Override
  public String consoleTail() {
    return console.tail().lastLines(CONSOLE_LINES);
  }

  @Override
  public Optional<MachineExit> exit() {
    return Optional.ofNullable(exit);
  }

  @Override
  public void onExit(Consumer<MachineExit> listener) {
    if (exit == null) {
      exitListeners.add(listener);
    } else {
      loop.post(() -> listener.accept(exit));
    }
  }

  @Override
  public void pause() {
    call("stop");
  }

  @Override
  public void resume() {
    call("cont");
  }

  @Override
  public String addDisk(Disk disk) {
    try {
      return disks.add(disk);
    } catch (QmpException e) {
      throw failure(e);
    }
  }

  @Override
  public void removeDisk(String pciPath) {
    request(() -> disks.remove(pciPath));
  }

  @Override
  public void resizeDisk(String pciPath, long bytes) {
    request(() -> disks.resize(pciPath, bytes));
  }

  @Override
  public NetworkDevice addNetworkDevice(NetworkDevice device) {
    try {
      return networks.add(device);
    } catch (QmpException e) {
      throw failure(e);
    }
  }

  @Override
  public void disconnect(NetworkDevice device) {
    JsonObject arguments = new JsonObject();
    arguments.put("id", QemuCommandLine.networkId(device));
    request(() -> monitor.call("netdev_del", arguments, COMMAND_TIMEOUT_MILLIS));
  }

  @Override
  public void save(Fd state) {
    migrate(
        () -> {
          monitor.giveDescriptor(STATE_NAME, state, COMMAND_TIMEOUT_MILLIS);
          monitor.call("migrate", uri(STATE_NAME), COMMAND_TIMEOUT_MILLIS);
        });
  }

  @Override
  public void saveProcess(Fd pages, Fd target) {
    QemuCommandLine started =
        commandLine.orElseThrow(
            () -> new HypervisorException("only a QEMU that booted its machine can be saved"));
    pause();
    QemuImage.save(loop, process.pid(), spec, started, pages, target);
  }

  /**
   * Goes on from a saved state.
   *
   * @param state the number of its descriptor
   */
  private void receive(int state) {
    try {
      migrate(
          () ->
              monitor.call(
                  "migrate-incoming", uri(Integer.toString(state)), COMMAND_TIMEOUT_MILLIS));
    } catch (HypervisorException e) {
      close();
      throw e;
    }
  }

  private interface Request {
    void send() throws QmpException;
  }

  private static JsonObject uri(String descriptor) {
    JsonObject arguments = new JsonObject();
    arguments.put("uri", "fd:" + descriptor);
    return arguments;
  }

  /** Has a state written or read, without the memory, and waits until that is done. */
  private void migrate(Request request) {
    JsonArray capabilities = new JsonArray();
    for (String name : List.of("x-ignore-shared", "events")) {
      JsonObject capability = new JsonObject();
      capability.put("capability", name);
      capability.put("state", true);
      capabilities.add(capability);
    }
    JsonObject arguments = new JsonObject();
    arguments.put("capabilities", capabilities);
    try {
      monitor.call("migrate-set-capabilities", arguments, COMMAND_TIMEOUT_MILLIS);
      request.send();
    } catch (QmpException e) {
      throw failure(e);
    }
    boolean known =
        loop.runUntil(
            () -> exit != null || migration.equals("completed") || migration.equals("failed"),
            COMMAND_TIMEOUT_MILLIS);
    if (!known || !migration.equals("completed")) {
      throw new HypervisorException(
          "QEMU "
              + (known ? "failed" : "took too long")
              + " to save or load a machine's state"
              + (exit == null ? "" : "; " + exit.sentence()));
    }
  }

  private void call(String command) {
    request(() -> monitor.call(command, new JsonObject(), COMMAND_TIMEOUT_MILLIS));
  }

  private void request(Request request) {
    try {
      request.send();
    } catch (QmpException e) {
      throw failure(e);
    }
  }

  private HypervisorException failure(QmpException e) {
    return new HypervisorException(
        exit == null ? e.getMessage() : e.getMessage() + "; " + exit.sentence(), e);
  }

  @Override
  public MachineHandles handOver() {
    if (!(agent instanceof AgentEndpoint.Stream(Fd stream))) {
      throw new HypervisorException("a machine whose agent is reached by vsock stays where it is");
    }
    return new MachineHandles(
        process.openPidfd(), monitor.release(), console.release(), errors.release(), stream);
  }

  @Override
  public byte[] exitReport() {
    return QemuProcess.report(process.exit());
  }

  @Override
  public MachineExit stop(long timeoutMillis) {
    stopping = true;
    monitor.execute("quit", new JsonObject(), new Ignored());
    if (!loop.runUntil(() -> exit != null, timeoutMillis)) {
      process.kill();
      loop.runUntil(() -> exit != null);
    }
    return exit;
  }

  /** Whether QEMU took the wish to end is seen by its end. */
  private static final class Ignored implements QmpProtocol.Reply {
    @Override
    public void done(Object value) {}

    @Override
    public void failed(QmpException failure) {}
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    exitListeners.clear();
    processWatch.close();
    monitor.close();
    console.close();
    errors.close();
    if (agent instanceof AgentEndpoint.Stream(Fd stream)) {
      stream.close();
    }
    process.close();
  }
}

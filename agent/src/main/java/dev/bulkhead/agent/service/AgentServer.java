package dev.bulkhead.agent.service;

import dev.bulkhead.agent.boot.KernelModules;
import dev.bulkhead.agent.cgroup.CgroupStatistics;
import dev.bulkhead.agent.cgroup.Cgroups;
import dev.bulkhead.agent.container.Container;
import dev.bulkhead.agent.container.CreationRequest;
import dev.bulkhead.agent.container.GuestProcess;
import dev.bulkhead.agent.container.Outcome;
import dev.bulkhead.agent.container.PreparedContainer;
import dev.bulkhead.agent.device.Disks;
import dev.bulkhead.agent.network.GuestNames;
import dev.bulkhead.agent.network.GuestNetwork;
import dev.bulkhead.agent.network.NetworkService;
import dev.bulkhead.agent.storage.Storages;
import dev.bulkhead.agent.storage.Volumes;
import dev.bulkhead.agentapi.AgentDetails;
import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.CheckRequest;
import dev.bulkhead.agentapi.CloseStdinRequest;
import dev.bulkhead.agentapi.CopyFileRequest;
import dev.bulkhead.agentapi.CreateContainerRequest;
import dev.bulkhead.agentapi.CreateSandboxRequest;
import dev.bulkhead.agentapi.DestroySandboxRequest;
import dev.bulkhead.agentapi.Device;
import dev.bulkhead.agentapi.ExecProcessRequest;
import dev.bulkhead.agentapi.GetOOMEventRequest;
import dev.bulkhead.agentapi.GuestDetailsRequest;
import dev.bulkhead.agentapi.GuestDetailsResponse;
import dev.bulkhead.agentapi.Health;
import dev.bulkhead.agentapi.HealthCheckResponse;
import dev.bulkhead.agentapi.KernelModule;
import dev.bulkhead.agentapi.OOMEvent;
import dev.bulkhead.agentapi.PauseContainerRequest;
import dev.bulkhead.agentapi.PreparationService;
import dev.bulkhead.agentapi.PrepareContainerRequest;
import dev.bulkhead.agentapi.ReadStreamRequest;
import dev.bulkhead.agentapi.ReadStreamResponse;
import dev.bulkhead.agentapi.RemoveContainerRequest;
import dev.bulkhead.agentapi.ReseedRandomDevRequest;
import dev.bulkhead.agentapi.ResumeContainerRequest;
import dev.bulkhead.agentapi.ServingStatus;
import dev.bulkhead.agentapi.SetGuestDateTimeRequest;
import dev.bulkhead.agentapi.SignalProcessRequest;
import dev.bulkhead.agentapi.StartContainerRequest;
import dev.bulkhead.agentapi.StatsContainerRequest;
import dev.bulkhead.agentapi.StatsContainerResponse;
import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.agentapi.TtyWinResizeRequest;
import dev.bulkhead.agentapi.UpdateContainerRequest;
import dev.bulkhead.agentapi.VersionCheckResponse;
import dev.bulkhead.agentapi.WaitProcessRequest;
import dev.bulkhead.agentapi.WaitProcessResponse;
import dev.bulkhead.agentapi.WriteStreamRequest;
import dev.bulkhead.agentapi.WriteStreamResponse;
import dev.bulkhead.linux.Clock;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Machine;
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.protobuf.Empty;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.Responder;
import dev.bulkhead.ttrpc.RpcException;
import dev.bulkhead.ttrpc.ServiceRegistry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Answers the host. Requests come in the order of Kata's runtime: Check, CreateSandbox,
 * CreateContainer, StartContainer, then reads, writes, signals and a wait for each process,
 * RemoveContainer, DestroySandbox.
 */
public final class AgentServer {
  /** The version of the protocol that is spoken, as Kata's agent names its own. */
  private static final String PROTOCOL_VERSION = "0.0.1";

  /** What the cgroup of a prepared container is called that is not the first one. */
  private static final String PREPARED = "prepared";

  private static final long DEFAULT_REMOVE_MILLIS = 10_000;
  private static final int MAX_ID_LENGTH = 128;
  private static final int MOST_SEED_BYTES = 4096;
  private static final long SECOND_MICROS = 1_000_000;
  private static final long MICROSECOND_NANOS = 1000;

  private final Sandbox sandbox;
  private final String version;

  private AgentServer(Sandbox sandbox, String version) {
    this.sandbox = sandbox;
    this.version = version;
  }

  /**
   * Registers every method that this agent has; the others answer that they are not implemented.
   *
   * @param version the agent's own version
   */
  public static ServiceRegistry create(
      EventLoop loop,
      KernelModules modules,
      Cgroups cgroups,
      GuestNetwork network,
      String version) {
    Sandbox sandbox = new Sandbox(loop, modules, cgroups);
    AgentServer server = new AgentServer(sandbox, version);
    ServiceRegistry registry = new ServiceRegistry("this agent");
    registry.on(Health.CHECK, server::check);
    registry.on(Health.VERSION, server::version);
    registry.on(AgentService.CREATE_SANDBOX, server::createSandbox);
    registry.on(AgentService.DESTROY_SANDBOX, server::destroySandbox);
    registry.on(PreparationService.PREPARE_CONTAINER, server::prepareContainer);
    registry.on(CreationRequest.METHOD, server::createContainer);
    registry.on(AgentService.START_CONTAINER, server::startContainer);
    registry.on(AgentService.REMOVE_CONTAINER, server::removeContainer);
    registry.on(AgentService.EXEC_PROCESS, server::execProcess);
    registry.on(AgentService.SIGNAL_PROCESS, server::signalProcess);
    registry.on(AgentService.WAIT_PROCESS, server::waitProcess);
    registry.on(AgentService.READ_STDOUT, server::readStdout);
    registry.on(AgentService.READ_STDERR, server::readStderr);
    registry.on(AgentService.WRITE_STDIN, server::writeStdin);
    registry.on(AgentService.CLOSE_STDIN, server::closeStdin);
    registry.on(AgentService.TTY_WIN_RESIZE, server::resizeTerminal);
    registry.on(AgentService.STATS_CONTAINER, server::statsContainer);
    registry.on(AgentService.UPDATE_CONTAINER, server::updateContainer);
    registry.on(AgentService.PAUSE_CONTAINER, server::pauseContainer);
    registry.on(AgentService.RESUME_CONTAINER, server::resumeContainer);
    registry.on(AgentService.RESEED_RANDOM_DEV, server::reseed);
    registry.on(AgentService.SET_GUEST_DATE_TIME, server::setTime);
    registry.on(AgentService.COPY_FILE, server::copyFile);
    registry.on(AgentService.GET_OOM_EVENT, server::getOutOfMemoryEvent);
    registry.on(AgentService.GET_GUEST_DETAILS, server::getGuestDetails);
    new NetworkService(network, sandbox.programs()).register(registry);
    new GuestNames(loop).register(registry);
    new Volumes(loop).register(registry);
    Signals.handle(loop, List.of(Signals.SIGCHLD), signal -> sandbox.reapChildren());
    return registry;
  }

  private void check(CheckRequest request, Responder<HealthCheckResponse> responder) {
    responder.succeed(HealthCheckResponse.DEFAULT.withStatus(ServingStatus.SERVING));
  }

  private void version(CheckRequest request, Responder<VersionCheckResponse> responder) {
    responder.succeed(
        VersionCheckResponse.DEFAULT.withGrpcVersion(PROTOCOL_VERSION).withAgentVersion(version));
  }

  private void createSandbox(CreateSandboxRequest request, Responder<Empty> responder)
      throws RpcException {
    if (sandbox.isCreated()) {
      throw new RpcException(Code.ALREADY_EXISTS, "this guest has its sandbox already");
    }
    refuse(request.sandboxPidns(), "a PID namespace of the sandbox");
    refuse(!request.guestHookPath().isEmpty(), "hooks of the guest");
    // DNS servers would be for programs of the guest's own, and there are none.
    checkedly(
        () -> {
          if (!request.hostname().isEmpty()) {
            Namespaces.setHostname(request.hostname());
          }
          for (KernelModule module : request.kernelModules()) {
            loadModule(module);
          }
          sandbox.storages().replaceAll(request.storages());
          sandbox.setCreated(true);
        });
    responder.succeed(Empty.DEFAULT);
  }

  private void loadModule(KernelModule module) {
    if (!sandbox.modules().has(module.name())) {
      throw new IllegalArgumentException(
          "the guest's initrd carries no kernel module '" + module.name() + "'");
    }
    sandbox.modules().load(module.name(), String.join(" ", module.parameters()));
  }

  private void destroySandbox(DestroySandboxRequest request, Responder<Empty> responder)
      throws RpcException {
    checkedly(
        () -> sandbox.containers().forEach(container -> container.signalAll(Signals.SIGKILL)));
    List<Container> ending = sandbox.containers();
    sandbox.whenEmpty(
        ending,
        DEFAULT_REMOVE_MILLIS,
        inTime -> {
          if (inTime) {
            answer(
                responder,
                () -> {
                  ending.forEach(sandbox::unmount);
                  // Shares stay mounted: the host ends the machine next, and an unmount would tell
                  // its file server of each file first that it is not needed any more.
                  Machine.sync();
                  sandbox.outOfMemory().end();
                });
            // For the next sandbox, if this guest gets one: most hosts end the machine now. One
            // that cannot be made clean takes no other sandbox.
            makeClean(ending);
          } else {
            responder.fail(
                new RpcException(Code.DEADLINE_EXCEEDED, "processes of the sandbox do not end"));
          }
        });
  }

  private void makeClean(List<Container> ended) {
    try {
      ended.forEach(sandbox::free);
      sandbox.cgroups().prepare();
      sandbox.setCreated(false);
    } catch (LinuxException e) {
      String message = "bulkhead agent: the sandbox is not gone: " + e.getMessage() + "\n";
      Fd.STDERR.writeAll(message.getBytes(StandardCharsets.UTF_8));
    }
  }

  private void prepareContainer(PrepareContainerRequest request, Responder<Empty> responder)
      throws RpcException {
    if (sandbox.isCreated() || sandbox.prepared().isPresent()) {
      throw new RpcException(
          Code.FAILED_PRECONDITION, "this guest has a sandbox, or a container prepared, already");
    }
    checkedly(
        () ->
            sandbox.prepare(
                PreparedContainer.make(
                    sandbox.loop(),
                    request.example(),
                    sandbox.cgroups().create(PREPARED),
                    preparation(responder))));
  }

  private Outcome preparation(Responder<Empty> responder) {
    return outcome(
        responder,
        reason -> {
          sandbox.forgetPrepared();
          responder.fail(new RpcException(Code.INTERNAL, reason));
        });
  }

  private void createContainer(CreationRequest received, Responder<Empty> responder)
      throws RpcException {
    CreateContainerRequest request = received.message();
    String id = request.containerId();
    checkId(id);
    if (sandbox.container(id).isPresent()) {
      throw new RpcException(Code.ALREADY_EXISTS, "container '" + id + "' exists already");
    }
    if (!request.hasOci()) {
      throw new RpcException(Code.INVALID_ARGUMENT, "container '" + id + "' has no specification");
    }
    refuse(!request.sharedMounts().isEmpty(), "mounts shared between containers");
    refuse(request.hasStringUser(), "users by name");
    refuse(request.sandboxPidns(), "a PID namespace of the sandbox");
    refuse(
        request.hasStdinPort() || request.hasStdoutPort() || request.hasStderrPort(),
        "streams over vsock ports");
    checkedly(
        () ->
            sandbox
                .disks()
                .await(
                    disks(request),
                    () -> answerFailure(responder, () -> makeContainer(received, responder)),
                    reason -> responder.fail(new RpcException(Code.INTERNAL, reason))));
  }

  /** The PCI paths of the disks that a container comes with. */
  private static List<String> disks(CreateContainerRequest request) {
    List<String> paths = new ArrayList<>();
    for (Storage storage : request.storages()) {
      if (storage.driver().equals(Disks.DRIVER)) {
        paths.add(storage.source());
      }
    }
    for (Device device : request.devices()) {
      paths.add(device.id());
    }
    return paths;
  }

  private void makeContainer(CreationRequest request, Responder<Empty> responder) {
    String id = request.message().containerId();
    if (sandbox.container(id).isPresent()) {
      throw new IllegalArgumentException("container '" + id + "' exists already");
    }
    Storages storages = new Storages(sandbox.loop(), sandbox.modules());
    try {
      storages.mountAll(sandbox.storages().mountShared(request.message().storages()));
      storages.hold(sandbox.storages(), sources(request.message().oci()));
      Container container =
          Container.create(
              new Container.Makings(sandbox.loop(), sandbox.cgroups(), sandbox.prepared()),
              request,
              sandbox.outOfMemory()::happened,
              creation(id, responder));
      sandbox.add(new Sandbox.Entry(container, storages));
      // It is of use for the first container only.
      sandbox.forgetPrepared();
    } catch (RuntimeException e) {
      storages.close();
      throw e;
    }
  }

  /** The files that it is made of, in this guest. */
  private static List<String> sources(Spec spec) {
    List<String> paths = new ArrayList<>(List.of(spec.root().path()));
    spec.mounts().forEach(mount -> paths.add(mount.source()));
    return paths;
  }

  /** The host hears of a failure when nothing is left of the container. */
  private Outcome creation(String id, Responder<Empty> responder) {
    return new Outcome() {
      @Override
      public void succeeded() {
        answer(responder, () -> sandbox.holdMountsOf(id));
      }

      @Override
      public void failed(String reason) {
        sandbox.container(id).ifPresent(container -> discard(container, reason, responder));
      }
    };
  }

  private void discard(Container container, String reason, Responder<Empty> responder) {
    container.signalAll(Signals.SIGKILL);
    sandbox.whenEmpty(
        List.of(container),
        DEFAULT_REMOVE_MILLIS,
        inTime -> {
          if (inTime) {
            sandbox.free(container);
          }
          responder.fail(new RpcException(Code.INTERNAL, reason));
        });
  }

  private void startContainer(StartContainerRequest request, Responder<Empty> responder)
      throws RpcException {
    Container container = container(request.containerId());
    checkedly(() -> container.start(outcome(responder)));
  }

  private static Outcome outcome(Responder<Empty> responder) {
    return outcome(responder, reason -> responder.fail(new RpcException(Code.INTERNAL, reason)));
  }

  /** Answers a success; {@code onFailure} answers the rest. */
  private static Outcome outcome(Responder<Empty> responder, Consumer<String> onFailure) {
    return new Outcome() {
      @Override
      public void succeeded() {
        responder.succeed(Empty.DEFAULT);
      }

      @Override
      public void failed(String reason) {
        onFailure.accept(reason);
      }
    };
  }

  private void removeContainer(RemoveContainerRequest request, Responder<Empty> responder)
      throws RpcException {
    Container container = container(request.containerId());
    checkedly(() -> container.signalAll(Signals.SIGKILL));
    long millis = request.timeout() > 0 ? request.timeout() * 1000L : DEFAULT_REMOVE_MILLIS;
    sandbox.whenEmpty(
        List.of(container),
        millis,
        inTime -> {
          if (inTime) {
            answer(
                responder,
                () -> {
                  sandbox.free(container);
                  // What it wrote through shared mappings has to reach the host before it is told.
                  Machine.sync();
                });
          } else {
            responder.fail(
                new RpcException(
                    Code.DEADLINE_EXCEEDED,
                    "processes of container '" + container.id() + "' do not end"));
          }
        });
  }

  private void execProcess(ExecProcessRequest request, Responder<Empty> responder)
      throws RpcException {
    Container container = container(request.containerId());
    if (!request.hasProcess() || request.execId().isEmpty()) {
      throw new RpcException(Code.INVALID_ARGUMENT, "a process needs an id and a description");
    }
    refuse(request.hasStringUser(), "users by name");
    refuse(
        request.hasStdinPort() || request.hasStdoutPort() || request.hasStderrPort(),
        "streams over vsock ports");
    checkedly(() -> container.exec(request.execId(), request.process(), outcome(responder)));
  }

  private void signalProcess(SignalProcessRequest request, Responder<Empty> responder)
      throws RpcException {
    Container container = container(request.containerId());
    if (request.signal() < 0 || request.signal() > Signals.LAST) {
      throw new RpcException(Code.INVALID_ARGUMENT, "there is no signal " + request.signal());
    }
    if (request.execId().isEmpty()) {
      checkedly(() -> container.signalAll(request.signal()));
    } else {
      GuestProcess process = process(request.containerId(), request.execId());
      checkedly(() -> process.signal(request.signal()));
    }
    responder.succeed(Empty.DEFAULT);
  }

  private void waitProcess(WaitProcessRequest request, Responder<WaitProcessResponse> responder)
      throws RpcException {
    process(request.containerId(), request.execId())
        .await(
            new GuestProcess.Waiter() {
              @Override
              public boolean isThere() {
                return responder.isOpen();
              }

              @Override
              public void exited(int code) {
                responder.succeed(WaitProcessResponse.DEFAULT.withStatus(code));
              }
            });
  }

  private void readStdout(ReadStreamRequest request, Responder<ReadStreamResponse> responder)
      throws RpcException {
    process(request.containerId(), request.execId()).readOutput(request.len(), reader(responder));
  }

  private void readStderr(ReadStreamRequest request, Responder<ReadStreamResponse> responder)
      throws RpcException {
    process(request.containerId(), request.execId()).readErrors(request.len(), reader(responder));
  }

  private static GuestProcess.Reader reader(Responder<ReadStreamResponse> responder) {
    return new GuestProcess.Reader() {
      @Override
      public boolean isThere() {
        return responder.isOpen();
      }

      @Override
      public void read(byte[] bytes) {
        responder.succeed(ReadStreamResponse.DEFAULT.withData(bytes));
      }
    };
  }

  private void writeStdin(WriteStreamRequest request, Responder<WriteStreamResponse> responder)
      throws RpcException {
    process(request.containerId(), request.execId())
        .write(
            request.data(),
            new GuestProcess.Writer() {
              @Override
              public void written() {
                responder.succeed(WriteStreamResponse.DEFAULT.withLen(request.data().length));
              }

              @Override
              public void refused(String reason) {
                responder.fail(new RpcException(Code.FAILED_PRECONDITION, reason));
              }
            });
  }

  private void closeStdin(CloseStdinRequest request, Responder<Empty> responder)
      throws RpcException {
    process(request.containerId(), request.execId()).closeInput();
    responder.succeed(Empty.DEFAULT);
  }

  private void resizeTerminal(TtyWinResizeRequest request, Responder<Empty> responder)
      throws RpcException {
    GuestProcess process = process(request.containerId(), request.execId());
    if (!process.resize(request.row(), request.column())) {
      throw new RpcException(Code.FAILED_PRECONDITION, "the process has no terminal");
    }
    responder.succeed(Empty.DEFAULT);
  }

  private void statsContainer(
      StatsContainerRequest request, Responder<StatsContainerResponse> responder)
      throws RpcException {
    Container container = container(request.containerId());
    checkedly(
        () ->
            responder.succeed(
                StatsContainerResponse.DEFAULT.withCgroupStats(
                    CgroupStatistics.read(container.cgroup()))));
  }

  private void updateContainer(UpdateContainerRequest request, Responder<Empty> responder)
      throws RpcException {
    Container container = container(request.containerId());
    checkedly(() -> container.cgroup().limit(request.resources()));
    responder.succeed(Empty.DEFAULT);
  }

  private void pauseContainer(PauseContainerRequest request, Responder<Empty> responder)
      throws RpcException {
    Container container = container(request.containerId());
    checkedly(() -> container.cgroup().freeze(true));
    responder.succeed(Empty.DEFAULT);
  }

  private void resumeContainer(ResumeContainerRequest request, Responder<Empty> responder)
      throws RpcException {
    Container container = container(request.containerId());
    checkedly(() -> container.cgroup().freeze(false));
    responder.succeed(Empty.DEFAULT);
  }

  private void reseed(ReseedRandomDevRequest request, Responder<Empty> responder)
      throws RpcException {
    if (request.data().length == 0 || request.data().length > MOST_SEED_BYTES) {
      throw new RpcException(
          Code.INVALID_ARGUMENT, "a seed has 1 to " + MOST_SEED_BYTES + " bytes");
    }
    checkedly(() -> Machine.addEntropy(request.data()));
    responder.succeed(Empty.DEFAULT);
  }

  private void setTime(SetGuestDateTimeRequest request, Responder<Empty> responder)
      throws RpcException {
    if (request.sec() < 0 || request.usec() < 0 || request.usec() >= SECOND_MICROS) {
      throw new RpcException(
          Code.INVALID_ARGUMENT, "there is no time " + request.sec() + "." + request.usec());
    }
    checkedly(() -> Clock.setRealtime(request.sec(), request.usec() * MICROSECOND_NANOS));
    responder.succeed(Empty.DEFAULT);
  }

  private void copyFile(CopyFileRequest request, Responder<Empty> responder) {
    answer(responder, () -> sandbox.receivedFiles().receive(request));
  }

  private void getOutOfMemoryEvent(GetOOMEventRequest request, Responder<OOMEvent> responder) {
    sandbox.outOfMemory().ask(responder);
  }

  private void getGuestDetails(
      GuestDetailsRequest request, Responder<GuestDetailsResponse> responder) {
    AgentDetails details =
        AgentDetails.DEFAULT
            .withVersion(version)
            .withInitDaemon(true)
            .withDeviceHandlers(List.of(Disks.DRIVER))
            .withStorageHandlers(Storages.DRIVERS)
            .withSupportsSeccomp(true);
    GuestDetailsResponse response = GuestDetailsResponse.DEFAULT.withAgentDetails(details);
    if (request.memBlockSize()) {
      response =
          response.withMemBlockSizeBytes(
              Files.readTextIfExists("/sys/devices/system/memory/block_size_bytes")
                  .map(text -> Long.parseLong(text.trim(), 16))
                  .orElse(0L));
    }
    if (request.memHotplugProbe()) {
      response =
          response.withSupportMemHotplugProbe(Files.exists("/sys/devices/system/memory/probe"));
    }
    responder.succeed(response);
  }

  private static void refuse(boolean asked, String what) throws RpcException {
    if (asked) {
      throw new RpcException(Code.INVALID_ARGUMENT, "this agent does not support " + what);
    }
  }

  private static void checkId(String id) throws RpcException {
    boolean good = !id.isEmpty() && id.length() <= MAX_ID_LENGTH && id.charAt(0) != '.';
    for (int i = 0; good && i < id.length(); i++) {
      char c = id.charAt(i);
      good =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '_'
              || c == '-'
              || c == '.'
              || c == '+';
    }
    if (!good) {
      throw new RpcException(
          Code.INVALID_ARGUMENT,
          "'" + id + "' is no container id: letters, digits and any of _-.+ are");
    }
  }

  private Container container(String id) throws RpcException {
    return sandbox
        .container(id)
        .orElseThrow(() -> new RpcException(Code.NOT_FOUND, "there is no container '" + id + "'"));
  }

  private GuestProcess process(String containerId, String processId) throws RpcException {
    return container(containerId)
        .process(processId)
        .orElseThrow(
            () ->
                new RpcException(
                    Code.NOT_FOUND,
                    "container '" + containerId + "' has no process '" + processId + "'"));
  }

  /** Answers when the action is done, with its failure if it fails. */
  private static void answer(Responder<Empty> responder, Runnable action) {
    answerFailure(
        responder,
        () -> {
          action.run();
          responder.succeed(Empty.DEFAULT);
        });
  }

  /** Does what answers when it succeeds. */
  private static void answerFailure(Responder<Empty> responder, Runnable action) {
    try {
      checkedly(action);
    } catch (RpcException e) {
      responder.fail(e);
    }
  }

  /**
   * Runs what the host asked for; what the guest's kernel or the request's content forbids fails.
   */
  private static void checkedly(Runnable action) throws RpcException {
    try {
      action.run();
    } catch (IllegalArgumentException e) {
      throw new RpcException(Code.INVALID_ARGUMENT, e.getMessage());
    } catch (LinuxException e) {
      throw new RpcException(Code.INTERNAL, e.getMessage());
    }
  }
}

package dev.bulkhead.runtime.shim;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.Build;
import dev.bulkhead.agentapi.ExecProcessRequest;
import dev.bulkhead.agentapi.PauseContainerRequest;
import dev.bulkhead.agentapi.RemoveContainerRequest;
import dev.bulkhead.agentapi.ResumeContainerRequest;
import dev.bulkhead.agentapi.SignalProcessRequest;
import dev.bulkhead.agentapi.StartContainerRequest;
import dev.bulkhead.agentapi.StatsContainerRequest;
import dev.bulkhead.agentapi.TtyWinResizeRequest;
import dev.bulkhead.agentapi.UpdateContainerRequest;
import dev.bulkhead.hypervisor.HypervisorException;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.json.InvalidJsonException;
import dev.bulkhead.protobuf.Any;
import dev.bulkhead.protobuf.Empty;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.runtime.config.ConfigurationException;
import dev.bulkhead.runtime.container.ContainerDirectory;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.container.ContainerRoot;
import dev.bulkhead.runtime.container.ContainerStatus;
import dev.bulkhead.runtime.hooks.HookException;
import dev.bulkhead.runtime.hooks.HookRunner;
import dev.bulkhead.runtime.monitor.GuestHooks;
import dev.bulkhead.runtime.oci.Bundle;
import dev.bulkhead.sandbox.AgentClient;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.sandbox.SandboxException;
import dev.bulkhead.shimapi.CheckpointTaskRequest;
import dev.bulkhead.shimapi.CloseIORequest;
import dev.bulkhead.shimapi.ConnectRequest;
import dev.bulkhead.shimapi.ConnectResponse;
import dev.bulkhead.shimapi.CreateTaskRequest;
import dev.bulkhead.shimapi.CreateTaskResponse;
import dev.bulkhead.shimapi.DeleteRequest;
import dev.bulkhead.shimapi.DeleteResponse;
import dev.bulkhead.shimapi.KillRequest;
import dev.bulkhead.shimapi.PauseRequest;
import dev.bulkhead.shimapi.PidsRequest;
import dev.bulkhead.shimapi.PidsResponse;
import dev.bulkhead.shimapi.ProcessInfo;
import dev.bulkhead.shimapi.ResizePtyRequest;
import dev.bulkhead.shimapi.ResumeRequest;
import dev.bulkhead.shimapi.ShutdownRequest;
import dev.bulkhead.shimapi.StartRequest;
import dev.bulkhead.shimapi.StartResponse;
import dev.bulkhead.shimapi.StateRequest;
import dev.bulkhead.shimapi.StateResponse;
import dev.bulkhead.shimapi.StatsRequest;
import dev.bulkhead.shimapi.StatsResponse;
import dev.bulkhead.shimapi.Task;
import dev.bulkhead.shimapi.TaskCreate;
import dev.bulkhead.shimapi.TaskDelete;
import dev.bulkhead.shimapi.TaskExecAdded;
import dev.bulkhead.shimapi.TaskExecStarted;
import dev.bulkhead.shimapi.TaskExit;
import dev.bulkhead.shimapi.TaskIO;
import dev.bulkhead.shimapi.TaskOOM;
import dev.bulkhead.shimapi.TaskPaused;
import dev.bulkhead.shimapi.TaskResumed;
import dev.bulkhead.shimapi.TaskStart;
import dev.bulkhead.shimapi.UpdateTaskRequest;
import dev.bulkhead.shimapi.WaitRequest;
import dev.bulkhead.shimapi.WaitResponse;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.Method;
import dev.bulkhead.ttrpc.Reply;
import dev.bulkhead.ttrpc.RpcException;
import dev.bulkhead.ttrpc.ServiceRegistry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Does what containerd asks for the containers of one pod, or for one container alone. What is
 * asked of the guest is answered when the guest has answered; nothing else waits for it.
 */
final class TaskService {
  private static final String VERSION_3 = "containerd.task.v3.Task";

  /** How long a killed container may take to end before its machine is ended instead. */
  private static final long KILL_PATIENCE_MILLIS = 10_000;

  private static final long REST_MILLIS = 2_000;
  private static final long MIB = 1 << 20;

  private final EventLoop loop;
  private final Host host;
  private final ShimLog log;
  private final EventPublisher events;
  private final Map<String, PodContainer> containers = new LinkedHashMap<>();
  private Optional<Pod> pod = Optional.empty();

  /** Creations that wait for the one under way, during which the loop turns. */
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

  private boolean creating;
  private boolean done;

  /**
   * Where the shim's things are.
   *
   * @param root the directory of all state that does not outlive a boot
   * @param namespace containerd's
   * @param containers where this namespace's containers have their directories
   * @param options of the runtime, as start got them
   * @param files what was installed with the program
   */
  record Host(
      String root,
      String namespace,
      ContainerRoot containers,
      Optional<Any> options,
      InstalledFiles files) {}

  TaskService(EventLoop loop, Host host, ShimLog log, EventPublisher events) {
    this.loop = loop;
    this.host = host;
    this.log = log;
    this.events = events;
  }

  /** What a handler does; what it throws becomes the answer. */
  interface Action<Q extends Message, R extends Message> {
    void run(Q request, Reply<R> reply) throws RpcException, ConfigurationException;
  }

  /** Both versions of the service, which differ in their name alone. */
  ServiceRegistry registry() {
    ServiceRegistry registry = new ServiceRegistry("this shim");
    offer(registry, Task.STATE, this::state);
    offer(registry, Task.CREATE, this::create);
    offer(registry, Task.START, this::start);
    offer(registry, Task.DELETE, this::delete);
    offer(registry, Task.PIDS, this::pids);
    offer(registry, Task.PAUSE, this::pause);
    offer(registry, Task.RESUME, this::resume);
    offer(registry, Task.CHECKPOINT, this::checkpoint);
    offer(registry, Task.KILL, this::kill);
    offer(registry, Task.EXEC, this::exec);
    offer(registry, Task.RESIZE_PTY, this::resize);
    offer(registry, Task.CLOSE_IO, this::closeInput);
    offer(registry, Task.UPDATE, this::update);
    offer(registry, Task.WAIT, this::await);
    offer(registry, Task.STATS, this::statistics);
    offer(registry, Task.CONNECT, this::connect);
    offer(registry, Task.SHUTDOWN, this::shutdown);
    return registry;
  }

  private static <Q extends Message, R extends Message> void offer(
      ServiceRegistry registry, Method<Q, R> method, Action<Q, R> action) {
    for (Method<Q, R> version : List.of(method, method.inService(VERSION_3))) {
      registry.on(version, (request, reply) -> run(action, request, reply));
    }
  }

  /** Does something whose failures become the answer. */
  static <Q extends Message, R extends Message> void run(
      Action<Q, R> action, Q request, Reply<R> reply) throws RpcException {
    try {
      action.run(request, reply);
    } catch (AgentException e) {
      throw new RpcException(code(e), e.getMessage(), e);
    } catch (ConfigurationException
        | ContainerException
        | HypervisorException
        | SandboxException
        | LinuxException e) {
      throw new RpcException(Code.UNKNOWN, e.getMessage(), e);
    }
  }

  /** The agent's own bugs and refusals are unknown errors to containerd, as runc's are. */
  private static Code code(AgentException e) {
    return e.code() == Code.NOT_FOUND ? Code.NOT_FOUND : Code.UNKNOWN;
  }

  /** Whether the shim is to end. */
  boolean isDone() {
    return done;
  }

  /** Ends the shim as if containerd had said so. */
  void finish() {
    done = true;
  }

  /** Ends everything that still runs. */
  void close() {
    pod.ifPresent(machine -> machine.end(true));
    List.copyOf(containers.values()).forEach(PodContainer::close);
    containers.clear();
  }

  PodContainer container(String id) throws RpcException {
    PodContainer container = containers.get(id);
    if (container == null) {
      throw new RpcException(Code.NOT_FOUND, "container '" + id + "' is not created: not found");
    }
    return container;
  }

  private TaskProcess process(String id, String execId) throws RpcException {
    return container(id)
        .process(execId)
        .orElseThrow(
            () ->
                new RpcException(
                    Code.NOT_FOUND,
                    "container '" + id + "' has no process '" + execId + "': not found"));
  }

  private Pod pod() {
    return pod.orElseThrow(() -> new SandboxException("there is no virtual machine"));
  }

  /** Hands the guest's answer on. */
  private abstract static class Answer<A, R extends Message> implements AgentClient.Callback<A> {
    private final Reply<R> reply;

    Answer(Reply<R> reply) {
      this.reply = reply;
    }

    @Override
    public void failed(AgentException failure) {
      reply.fail(new RpcException(code(failure), failure.getMessage(), failure));
    }
  }

  void create(CreateTaskRequest request, Reply<CreateTaskResponse> reply)
      throws RpcException, ConfigurationException {
    String id = request.id();
    if (containers.containsKey(id)) {
      throw new RpcException(Code.ALREADY_EXISTS, "container '" + id + "' exists already");
    }
    if (!request.checkpoint().isEmpty() || !request.parentCheckpoint().isEmpty()) {
      throw new RpcException(
          Code.UNIMPLEMENTED, "a container in a virtual machine is not restored from a checkpoint");
    }
    if (creating) {
      waiting.add(() -> createNow(request, reply));
      return;
    }
    creating = true;
    try {
      PodContainer container = prepare(request);
      try {
        containers.put(id, container);
        container.standUp();
        bringUp(container, request);
      } catch (RuntimeException | RpcException | ConfigurationException e) {
        discard(container);
        throw e;
      }
      tellOfExit(container, container.init(), id);
      events.publish("/tasks/create", "TaskCreate", created(request, container.init().pid()));
      reply.succeed(new CreateTaskResponse(container.init().pid()));
    } finally {
      creating = false;
      if (!waiting.isEmpty()) {
        loop.post(waiting.remove());
      }
    }
  }

  private void createNow(CreateTaskRequest request, Reply<CreateTaskResponse> reply) {
    try {
      run(this::create, request, reply);
    } catch (RpcException e) {
      reply.fail(e);
    }
  }

  private PodContainer prepare(CreateTaskRequest request) throws RpcException {
    ContainerDirectory directory = host.containers().directory(request.id());
    String root = request.bundle() + "/rootfs";
    directory.make(request.id());
    Optional<RootDisk> rootDisk = RootDisk.of(request.rootfs());
    if (rootDisk.isEmpty()) {
      RootMounts.mount(request.rootfs(), root);
    }
    try {
      Bundle bundle = Bundle.load(request.bundle());
      PodRole role = PodRole.of(bundle.spec().annotations());
      checkRole(request.id(), role);
      return new PodContainer(
          loop,
          new LogProgram.Owner(host.namespace(), request.id()),
          new Bundle(
              bundle.path(),
              bundle.spec().withProcess(bundle.spec().process().withTerminal(request.terminal()))),
          rootDisk,
          role,
          directory,
          host.files().containerProcess(),
          new Stdio.Places(
              request.stdin(), request.stdout(), request.stderr(), request.terminal()));
    } catch (RuntimeException | RpcException e) {
      RootMounts.unmount(root);
      throw e;
    }
  }

  private void checkRole(String id, PodRole role) throws RpcException {
    switch (role) {
      case PodRole.Alone alone -> requireNoPod(id);
      case PodRole.Sandbox sandbox -> requireNoPod(id);
      case PodRole.Member(String sandboxId) -> {
        if (pod.isEmpty() || !containers.containsKey(sandboxId)) {
          throw new RpcException(
              Code.FAILED_PRECONDITION,
              "the sandbox '" + sandboxId + "' of container '" + id + "' does not run");
        }
      }
    }
  }

  private void requireNoPod(String id) throws RpcException {
    if (pod.isPresent()) {
      throw new RpcException(
          Code.FAILED_PRECONDITION, "this shim has its container, and '" + id + "' is another");
    }
  }

  private void bringUp(PodContainer container, CreateTaskRequest request)
      throws RpcException, ConfigurationException {
    runHooks(container);
    if (pod.isEmpty()) {
      // What it costs is accounted to the container: the hypervisor begins in the shim's cgroup.
      container.cgroup().join();
      Optional<String> share = host.files().share();
      try {
        pod =
            Optional.of(
                new Pod(
                    loop,
                    host.root(),
                    RuntimeSettings.of(
                            request.hasOptions() ? Optional.of(request.options()) : host.options())
                        .load(share),
                    share,
                    log,
                    container,
                    new MachineListener()));
      } catch (ShimException e) {
        throw new RpcException(Code.INVALID_ARGUMENT, e.getMessage(), e);
      }
      pod.get().boot();
    }
    if (container.isInGuest()) {
      pod.get().createContainer(container);
      container.init().attach(pod.get().sandbox());
    }
  }

  private void runHooks(PodContainer container) {
    HookRunner runner = new HookRunner(loop);
    dev.bulkhead.oci.Hooks hooks = container.spec().hooks();
    dev.bulkhead.oci.State state =
        container.state(ContainerStatus.CREATING).toOci(ContainerStatus.CREATING);
    try {
      runner.run("prestart", hooks.prestart(), state, Optional.empty());
      runner.run("createRuntime", hooks.createRuntime(), state, Optional.empty());
      runner.run(
          "createContainer", hooks.createContainer(), state, Optional.of(container.init().pid()));
    } catch (HookException e) {
      throw new ContainerException(e.getMessage(), e);
    }
  }

  /** What a failed creation leaves in this process; the rest is delete's. */
  private void discard(PodContainer container) {
    containers.remove(container.id());
    boolean machineIsIts = containers.isEmpty();
    if (machineIsIts) {
      pod.ifPresent(Pod::close);
      pod = Optional.empty();
    } else {
      pod.ifPresent(machine -> machine.forget(container));
    }
    container.close();
  }

  private static TaskCreate created(CreateTaskRequest request, int pid) {
    return new TaskCreate(
        request.id(),
        request.bundle(),
        request.rootfs(),
        new TaskIO(request.stdin(), request.stdout(), request.stderr(), request.terminal()),
        request.checkpoint(),
        pid);
  }

  private void tellOfExit(PodContainer container, TaskProcess process, String id) {
    process
        .life()
        .onExit(
            exit ->
                events.publish(
                    "/tasks/exit",
                    "TaskExit",
                    new TaskExit(
                        container.id(),
                        id,
                        process.pid(),
                        exit.code(),
                        Times.timestamp(exit.nanos()))));
  }

  /**
   * Ends a pod's machine, and with it all that runs in the pod; the loop turns meanwhile.
   *
   * @throws RpcException if there is no such pod
   */
  void stopPod(String id) throws RpcException {
    container(id);
    pod.ifPresent(machine -> machine.end(false));
    pod = Optional.empty();
    for (PodContainer container : List.copyOf(containers.values())) {
      container.execs().forEach(exec -> exec.ended(TaskProcess.LOST));
      container.init().ended(TaskProcess.LOST);
    }
  }

  /** Whether there is a container of this id. */
  boolean has(String id) {
    return containers.containsKey(id);
  }

  /** Whether a pod's machine runs. */
  boolean hasMachine() {
    return pod.isPresent() && !pod.get().isLost();
  }

  private final class MachineListener implements Pod.Listener {
    @Override
    public void outOfMemory(String containerId) {
      if (containers.containsKey(containerId)) {
        events.publish("/tasks/oom", "TaskOOM", new TaskOOM(containerId));
      }
    }

    @Override
    public void lost() {
      // Those in the guest have heard of it by themselves; a pod's stand-in is not in the guest.
      containers.values().forEach(container -> container.init().ended(TaskProcess.LOST));
    }
  }

  void start(StartRequest request, Reply<StartResponse> reply) throws RpcException {
    PodContainer container = container(request.id());
    TaskProcess process = process(request.id(), request.execId());
    process.life().starting();
    try {
      if (request.execId().isEmpty()) {
        startFirst(container, process, reply);
      } else {
        startAnother(container, request.execId(), process, reply);
      }
    } catch (RuntimeException e) {
      process.startFailed();
      throw e;
    }
  }

  private void startFirst(PodContainer container, TaskProcess process, Reply<StartResponse> reply) {
    if (!(container.role() instanceof PodRole.Member)) {
      // Docker gives the namespace its interfaces between create and start, CNI before.
      pod().connectNetwork();
    }
    if (!container.isInGuest()) {
      startedFirst(container, process, reply);
      return;
    }
    Optional<String> hookFailure =
        new GuestHooks(loop, pod().sandbox(), container.id())
            .run(
                container.spec().hooks().startContainer(),
                container.state(ContainerStatus.CREATED).toOci(ContainerStatus.CREATED),
                process.process());
    if (hookFailure.isPresent()) {
      pod().sandbox().signal(container.id(), container.id(), Signals.SIGKILL);
      throw new ContainerException(hookFailure.get());
    }
    pod()
        .sandbox()
        .agent()
        .send(
            AgentService.START_CONTAINER,
            StartContainerRequest.DEFAULT.withContainerId(container.id()),
            new Answer<Empty, StartResponse>(reply) {
              @Override
              public void answered(Empty response) {
                process.started(pod().sandbox());
                startedFirst(container, process, reply);
              }

              @Override
              public void failed(AgentException failure) {
                process.startFailed();
                super.failed(failure);
              }
            });
  }

  /** Start is answered before the end of a short process is told. */
  private void startedFirst(
      PodContainer container, TaskProcess process, Reply<StartResponse> reply) {
    container.directory().write(container.state(ContainerStatus.RUNNING));
    events.publish("/tasks/start", "TaskStart", new TaskStart(container.id(), process.pid()));
    runPoststart(container);
    reply.succeed(new StartResponse(process.pid()));
    process.life().started();
    loop.schedule(REST_MILLIS, Processes::rest);
  }

  private void runPoststart(PodContainer container) {
    try {
      new HookRunner(loop)
          .run(
              "poststart",
              container.spec().hooks().poststart(),
              container.state(ContainerStatus.RUNNING).toOci(ContainerStatus.RUNNING),
              Optional.empty());
    } catch (HookException e) {
      log.warn(e.getMessage());
    }
  }

  private void startAnother(
      PodContainer container, String execId, TaskProcess process, Reply<StartResponse> reply) {
    if (!container.init().life().isRunning()) {
      throw new ContainerException(
          "cannot exec in container '" + container.id() + "', which does not run");
    }
    container.standUp(process);
    pod()
        .sandbox()
        .agent()
        .send(
            AgentService.EXEC_PROCESS,
            ExecProcessRequest.DEFAULT
                .withContainerId(container.id())
                .withExecId(process.guestId())
                .withProcess(process.process()),
            new Answer<Empty, StartResponse>(reply) {
              @Override
              public void answered(Empty response) {
                process.attach(pod().sandbox());
                process.started(pod().sandbox());
                tellOfExit(container, process, execId);
                events.publish(
                    "/tasks/exec-started",
                    "TaskExecStarted",
                    new TaskExecStarted(container.id(), execId, process.pid()));
                reply.succeed(new StartResponse(process.pid()));
                process.life().started();
              }

              @Override
              public void failed(AgentException failure) {
                process.startFailed();
                super.failed(failure);
              }
            });
  }

  private void exec(dev.bulkhead.shimapi.ExecProcessRequest request, Reply<Empty> reply)
      throws RpcException {
    PodContainer container = container(request.id());
    if (request.execId().isEmpty() || container.process(request.execId()).isPresent()) {
      throw new RpcException(
          Code.ALREADY_EXISTS,
          "container '" + request.id() + "' has a process '" + request.execId() + "' already");
    }
    if (!container.isInGuest()) {
      throw new RpcException(
          Code.FAILED_PRECONDITION,
          "'" + request.id() + "' stands for a pod and has no processes; name a container of it");
    }
    Process process;
    try {
      process = Process.fromJson(json(request.spec(), "the process"), "");
    } catch (InvalidJsonException e) {
      throw new RpcException(
          Code.INVALID_ARGUMENT, "the process is described wrongly: " + e.getMessage(), e);
    }
    container.addExec(
        request.execId(),
        process.withTerminal(request.terminal()),
        new Stdio.Places(request.stdin(), request.stdout(), request.stderr(), request.terminal()));
    events.publish(
        "/tasks/exec-added", "TaskExecAdded", new TaskExecAdded(request.id(), request.execId()));
    reply.succeed(Empty.DEFAULT);
  }

  /** Types of the OCI come as JSON. */
  private static JsonObject json(Any any, String what) throws RpcException {
    try {
      return JsonParser.object().from(new String(any.value(), StandardCharsets.UTF_8));
    } catch (JsonParserException e) {
      throw new RpcException(Code.INVALID_ARGUMENT, what + " is no JSON: " + e.getMessage(), e);
    }
  }

  private void state(StateRequest request, Reply<StateResponse> reply) throws RpcException {
    PodContainer container = container(request.id());
    TaskProcess process = process(request.id(), request.execId());
    Optional<ProcessLife.Exit> exit = process.life().exit();
    reply.succeed(
        new StateResponse(
            request.execId().isEmpty() ? request.id() : request.execId(),
            container.bundlePath(),
            process.pid(),
            process.life().status(),
            process.places().stdin(),
            process.places().stdout(),
            process.places().stderr(),
            process.places().terminal(),
            exit.map(ProcessLife.Exit::code).orElse(0),
            exit.map(end -> Times.timestamp(end.nanos())).orElse(Times.NEVER),
            request.execId()));
  }

  void await(WaitRequest request, Reply<WaitResponse> reply) throws RpcException {
    process(request.id(), request.execId())
        .life()
        .onExit(
            exit -> reply.succeed(new WaitResponse(exit.code(), Times.timestamp(exit.nanos()))));
  }

  private void kill(KillRequest request, Reply<Empty> reply) throws RpcException {
    PodContainer container = container(request.id());
    TaskProcess process = process(request.id(), request.execId());
    boolean first = request.execId().isEmpty();
    if (process.life().isStopped()) {
      // A container's processes end with its first, so there is nothing left to be done for all.
      if (first && request.all()) {
        reply.succeed(Empty.DEFAULT);
        return;
      }
      throw new RpcException(Code.NOT_FOUND, "process already finished: not found");
    }
    if (!container.isInGuest()) {
      signalStandIn(process, request.signal());
      reply.succeed(Empty.DEFAULT);
      return;
    }
    if (!first && process.life().isBeforeStart()) {
      throw new RpcException(
          Code.FAILED_PRECONDITION, "process '" + request.execId() + "' is not started");
    }
    pod()
        .sandbox()
        .agent()
        .send(
            AgentService.SIGNAL_PROCESS,
            SignalProcessRequest.DEFAULT
                .withContainerId(container.id())
                .withExecId(first && request.all() ? "" : process.guestId())
                .withSignal(request.signal()),
            new Answer<Empty, Empty>(reply) {
              @Override
              public void answered(Empty response) {
                reply.succeed(Empty.DEFAULT);
              }

              @Override
              public void failed(AgentException failure) {
                // A guest that hung is ended with all processes, which is what was asked for.
                if (process.life().isStopped()) {
                  reply.succeed(Empty.DEFAULT);
                } else {
                  super.failed(failure);
                }
              }
            });
    if (first && request.signal() == Signals.SIGKILL) {
      loop.schedule(KILL_PATIENCE_MILLIS, () -> insist(container));
    }
  }

  /** What stands for a pod ends by the signals that end a process that has no handler for them. */
  private static void signalStandIn(TaskProcess process, int signal) {
    switch (signal) {
      case Signals.SIGKILL, Signals.SIGTERM, Signals.SIGINT, Signals.SIGQUIT, Signals.SIGHUP ->
          process.ended(128 + signal);
      default -> {}
    }
  }

  /**
   * A container alone that cannot be killed is ended with its machine; the others of a pod must not
   * suffer, unless the guest hangs.
   */
  private void insist(PodContainer container) {
    if (container.init().life().isStopped() || pod.isEmpty() || pod.get().isLost()) {
      return;
    }
    switch (container.role()) {
      case PodRole.Alone alone ->
          pod().sandbox().fail("container '" + container.id() + "' did not end when it was killed");
      case PodRole.Sandbox sandbox -> {}
      case PodRole.Member member -> pod().suspect();
    }
  }

  private void pause(PauseRequest request, Reply<Empty> reply) throws RpcException {
    PodContainer container = container(request.id());
    ProcessLife life = container.init().life();
    life.checkPausable();
    if (!container.isInGuest()) {
      throw new RpcException(
          Code.FAILED_PRECONDITION, "'" + request.id() + "' stands for a pod and is not paused");
    }
    pod()
        .sandbox()
        .agent()
        .send(
            AgentService.PAUSE_CONTAINER,
            PauseContainerRequest.DEFAULT.withContainerId(container.id()),
            new Answer<Empty, Empty>(reply) {
              @Override
              public void answered(Empty response) {
                life.paused();
                events.publish("/tasks/paused", "TaskPaused", new TaskPaused(container.id()));
                reply.succeed(Empty.DEFAULT);
              }
            });
  }

  private void resume(ResumeRequest request, Reply<Empty> reply) throws RpcException {
    PodContainer container = container(request.id());
    ProcessLife life = container.init().life();
    life.checkResumable();
    pod()
        .sandbox()
        .agent()
        .send(
            AgentService.RESUME_CONTAINER,
            ResumeContainerRequest.DEFAULT.withContainerId(container.id()),
            new Answer<Empty, Empty>(reply) {
              @Override
              public void answered(Empty response) {
                life.resumed();
                events.publish("/tasks/resumed", "TaskResumed", new TaskResumed(container.id()));
                reply.succeed(Empty.DEFAULT);
              }
            });
  }

  private void checkpoint(CheckpointTaskRequest request, Reply<Empty> reply) throws RpcException {
    throw new RpcException(
        Code.UNIMPLEMENTED, "a container in a virtual machine has no checkpoints");
  }

  private void resize(ResizePtyRequest request, Reply<Empty> reply) throws RpcException {
    TaskProcess process = process(request.id(), request.execId());
    if (!process.places().terminal()) {
      throw new RpcException(Code.FAILED_PRECONDITION, "the process has no terminal");
    }
    if (process.life().isStopped() || (process.pid() == 0)) {
      throw new RpcException(Code.UNKNOWN, "cannot resize a stopped container");
    }
    pod()
        .sandbox()
        .agent()
        .send(
            AgentService.TTY_WIN_RESIZE,
            TtyWinResizeRequest.DEFAULT
                .withContainerId(request.id())
                .withExecId(process.guestId())
                .withRow(request.height())
                .withColumn(request.width()),
            new Answer<Empty, Empty>(reply) {
              @Override
              public void answered(Empty response) {
                reply.succeed(Empty.DEFAULT);
              }
            });
  }

  private void closeInput(CloseIORequest request, Reply<Empty> reply) throws RpcException {
    TaskProcess process = process(request.id(), request.execId());
    if (request.stdin()) {
      process.endInput();
    }
    reply.succeed(Empty.DEFAULT);
  }

  private void update(UpdateTaskRequest request, Reply<Empty> reply) throws RpcException {
    PodContainer container = container(request.id());
    LinuxResources resources;
    try {
      resources = LinuxResources.fromJson(json(request.resources(), "the limits"), "");
    } catch (InvalidJsonException e) {
      throw new RpcException(
          Code.INVALID_ARGUMENT, "the limits are described wrongly: " + e.getMessage(), e);
    }
    if (!container.isInGuest()) {
      // It needs nothing, so it keeps any limit.
      reply.succeed(Empty.DEFAULT);
      return;
    }
    long limit = resources.memory().limit();
    if (limit > pod().memoryBytes()) {
      throw new RpcException(
          Code.INVALID_ARGUMENT,
          "a memory limit of "
              + limit / MIB
              + " MiB is more than the "
              + pod().memoryBytes() / MIB
              + " MiB of the container's virtual machine, which keeps the size that it was created"
              + " with");
    }
    pod()
        .sandbox()
        .agent()
        .send(
            AgentService.UPDATE_CONTAINER,
            UpdateContainerRequest.DEFAULT.withContainerId(container.id()).withResources(resources),
            new Answer<Empty, Empty>(reply) {
              @Override
              public void answered(Empty response) {
                reply.succeed(Empty.DEFAULT);
              }
            });
  }

  void statistics(StatsRequest request, Reply<StatsResponse> reply) throws RpcException {
    PodContainer container = container(request.id());
    if (!container.isInGuest()) {
      reply.succeed(new StatsResponse(TaskMetrics.nothing()));
      return;
    }
    pod()
        .sandbox()
        .agent()
        .send(
            AgentService.STATS_CONTAINER,
            StatsContainerRequest.DEFAULT.withContainerId(container.id()),
            new Answer<dev.bulkhead.agentapi.StatsContainerResponse, StatsResponse>(reply) {
              @Override
              public void answered(dev.bulkhead.agentapi.StatsContainerResponse response) {
                reply.succeed(new StatsResponse(TaskMetrics.of(response)));
              }
            });
  }

  private void pids(PidsRequest request, Reply<PidsResponse> reply) throws RpcException {
    PodContainer container = container(request.id());
    List<TaskProcess> processes = new ArrayList<>(List.of(container.init()));
    processes.addAll(container.execs());
    reply.succeed(
        new PidsResponse(
            processes.stream()
                .filter(process -> process.pid() != 0 && !process.life().isStopped())
                .map(process -> ProcessInfo.DEFAULT.withPid(process.pid()))
                .toList()));
  }

  private void connect(ConnectRequest request, Reply<ConnectResponse> reply) {
    PodContainer container = containers.get(request.id());
    reply.succeed(
        new ConnectResponse(
            Processes.pid(), container == null ? 0 : container.init().pid(), Build.VERSION));
  }

  void delete(DeleteRequest request, Reply<DeleteResponse> reply) throws RpcException {
    PodContainer container = container(request.id());
    TaskProcess process = process(request.id(), request.execId());
    process.life().checkDeletable();
    process.whenDelivered(
        () -> {
          if (request.execId().isEmpty()) {
            deleteContainer(container, reply);
          } else {
            process.close();
            container.removeExec(request.execId());
            respondDeleted(container, request.execId(), process, reply);
          }
        });
  }

  private void deleteContainer(PodContainer container, Reply<DeleteResponse> reply) {
    switch (container.role()) {
      case PodRole.Member member -> removeFromGuest(container, reply);
      case PodRole.Alone alone -> endMachine(container, reply);
      case PodRole.Sandbox sandbox -> endMachine(container, reply);
    }
  }

  private void endMachine(PodContainer container, Reply<DeleteResponse> reply) {
    pod.ifPresent(machine -> machine.end(false));
    pod = Optional.empty();
    forget(container, reply);
  }

  private void removeFromGuest(PodContainer container, Reply<DeleteResponse> reply) {
    if (pod.isEmpty() || pod.get().isLost()) {
      forget(container, reply);
      return;
    }
    pod()
        .sandbox()
        .agent()
        .send(
            AgentService.REMOVE_CONTAINER,
            RemoveContainerRequest.DEFAULT.withContainerId(container.id()),
            new AgentClient.Callback<Empty>() {
              @Override
              public void answered(Empty response) {
                removed();
              }

              @Override
              public void failed(AgentException failure) {
                log.warn(failure.getMessage());
                removed();
              }

              private void removed() {
                pod.ifPresent(machine -> machine.forget(container));
                forget(container, reply);
              }
            });
  }

  private void forget(PodContainer container, Reply<DeleteResponse> reply) {
    container.close();
    containers.remove(container.id());
    respondDeleted(container, "", container.init(), reply);
  }

  private void respondDeleted(
      PodContainer container, String execId, TaskProcess process, Reply<DeleteResponse> reply) {
    ProcessLife.Exit exit =
        process.life().exit().orElseGet(() -> new ProcessLife.Exit(TaskProcess.LOST, 0));
    DeleteResponse response =
        new DeleteResponse(process.pid(), exit.code(), Times.timestamp(exit.nanos()));
    if (execId.isEmpty()) {
      events.publish(
          "/tasks/delete",
          "TaskDelete",
          new TaskDelete(
              container.id(), response.pid(), response.exitStatus(), response.exitedAt(), ""));
    }
    reply.succeed(response);
  }

  private void shutdown(ShutdownRequest request, Reply<Empty> reply) {
    // The others of a pod go on.
    done = containers.isEmpty() && !creating && waiting.isEmpty();
    reply.succeed(Empty.DEFAULT);
  }
}

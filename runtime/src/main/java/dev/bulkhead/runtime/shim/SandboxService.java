package dev.bulkhead.runtime.shim;

import dev.bulkhead.linux.Clock;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.runtime.config.ConfigurationException;
import dev.bulkhead.runtime.oci.Bundle;
import dev.bulkhead.shimapi.CreateSandboxRequest;
import dev.bulkhead.shimapi.CreateSandboxResponse;
import dev.bulkhead.shimapi.CreateTaskRequest;
import dev.bulkhead.shimapi.DeleteRequest;
import dev.bulkhead.shimapi.Metric;
import dev.bulkhead.shimapi.PingRequest;
import dev.bulkhead.shimapi.PingResponse;
import dev.bulkhead.shimapi.Platform;
import dev.bulkhead.shimapi.PlatformRequest;
import dev.bulkhead.shimapi.PlatformResponse;
import dev.bulkhead.shimapi.Sandbox;
import dev.bulkhead.shimapi.SandboxMetricsRequest;
import dev.bulkhead.shimapi.SandboxMetricsResponse;
import dev.bulkhead.shimapi.SandboxStatusRequest;
import dev.bulkhead.shimapi.SandboxStatusResponse;
import dev.bulkhead.shimapi.ShutdownSandboxRequest;
import dev.bulkhead.shimapi.ShutdownSandboxResponse;
import dev.bulkhead.shimapi.StartRequest;
import dev.bulkhead.shimapi.StartSandboxRequest;
import dev.bulkhead.shimapi.StartSandboxResponse;
import dev.bulkhead.shimapi.StatsRequest;
import dev.bulkhead.shimapi.StopSandboxRequest;
import dev.bulkhead.shimapi.StopSandboxResponse;
import dev.bulkhead.shimapi.WaitRequest;
import dev.bulkhead.shimapi.WaitSandboxRequest;
import dev.bulkhead.shimapi.WaitSandboxResponse;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.Method;
import dev.bulkhead.ttrpc.Reply;
import dev.bulkhead.ttrpc.RpcException;
import dev.bulkhead.ttrpc.ServiceRegistry;
import java.util.Map;
import java.util.Optional;

/**
 * Does what containerd 2 asks of a shim that is a pod's sandbox. Such a sandbox is a pod's
 * container of the task service that nobody else knows of, so that both ways to make a pod are one.
 */
final class SandboxService {
  private static final String READY = "SANDBOX_READY";
  private static final String NOT_READY = "SANDBOX_NOTREADY";

  private final TaskService tasks;
  private long createdNanos;

  SandboxService(TaskService tasks) {
    this.tasks = tasks;
  }

  /** Offers the service. */
  void register(ServiceRegistry registry) {
    offer(registry, Sandbox.CREATE_SANDBOX, this::create);
    offer(registry, Sandbox.START_SANDBOX, this::start);
    offer(registry, Sandbox.PLATFORM, this::platform);
    offer(registry, Sandbox.STOP_SANDBOX, this::stop);
    offer(registry, Sandbox.WAIT_SANDBOX, this::await);
    offer(registry, Sandbox.SANDBOX_STATUS, this::status);
    offer(registry, Sandbox.PING_SANDBOX, this::ping);
    offer(registry, Sandbox.SHUTDOWN_SANDBOX, this::shutdown);
    offer(registry, Sandbox.SANDBOX_METRICS, this::metrics);
  }

  private static <Q extends Message, R extends Message> void offer(
      ServiceRegistry registry, Method<Q, R> method, TaskService.Action<Q, R> action) {
    registry.on(method, (request, reply) -> TaskService.run(action, request, reply));
  }

  private void create(CreateSandboxRequest request, Reply<CreateSandboxResponse> reply)
      throws RpcException, ConfigurationException {
    String bundle = request.bundlePath();
    Optional<Spec> given =
        Bundle.isIn(bundle) ? Optional.of(Bundle.load(bundle).spec()) : Optional.empty();
    Bundle.write(bundle, PodSpec.of(given, request));
    createdNanos = Clock.realtimeNanos();
    tasks.create(
        CreateTaskRequest.DEFAULT
            .withId(request.sandboxId())
            .withBundle(bundle)
            .withRootfs(request.rootfs()),
        Reply.turned(reply, created -> CreateSandboxResponse.DEFAULT));
  }

  private void start(StartSandboxRequest request, Reply<StartSandboxResponse> reply)
      throws RpcException {
    tasks.start(
        new StartRequest(request.sandboxId(), ""),
        Reply.turned(
            reply,
            started -> new StartSandboxResponse(started.pid(), Times.timestamp(createdNanos))));
  }

  private void platform(PlatformRequest request, Reply<PlatformResponse> reply) {
    reply.succeed(new PlatformResponse(new Platform("linux", "amd64", "")));
  }

  /** Its containers have been stopped before, with the grace that they have. */
  private void stop(StopSandboxRequest request, Reply<StopSandboxResponse> reply)
      throws RpcException {
    tasks.stopPod(request.sandboxId());
    reply.succeed(StopSandboxResponse.DEFAULT);
  }

  private void await(WaitSandboxRequest request, Reply<WaitSandboxResponse> reply)
      throws RpcException {
    tasks.await(
        new WaitRequest(request.sandboxId(), ""),
        Reply.turned(
            reply, ended -> new WaitSandboxResponse(ended.exitStatus(), ended.exitedAt())));
  }

  private void status(SandboxStatusRequest request, Reply<SandboxStatusResponse> reply)
      throws RpcException {
    TaskProcess process = tasks.container(request.sandboxId()).init();
    boolean ready = process.life().isRunning() && tasks.hasMachine();
    reply.succeed(
        new SandboxStatusResponse(
            request.sandboxId(),
            process.pid(),
            ready ? READY : NOT_READY,
            Map.of(),
            Times.timestamp(createdNanos),
            process.life().exit().map(end -> Times.timestamp(end.nanos())).orElse(Times.NEVER)));
  }

  private void ping(PingRequest request, Reply<PingResponse> reply) throws RpcException {
    tasks.container(request.sandboxId());
    if (!tasks.hasMachine()) {
      throw new RpcException(
          Code.UNAVAILABLE, "the virtual machine of '" + request.sandboxId() + "' is gone");
    }
    reply.succeed(PingResponse.DEFAULT);
  }

  /** Ends the shim, whether or not there is a sandbox still. */
  private void shutdown(ShutdownSandboxRequest request, Reply<ShutdownSandboxResponse> reply)
      throws RpcException {
    if (tasks.has(request.sandboxId())) {
      tasks.stopPod(request.sandboxId());
      tasks.delete(
          new DeleteRequest(request.sandboxId(), ""),
          Reply.turned(
              reply,
              deleted -> {
                tasks.finish();
                return ShutdownSandboxResponse.DEFAULT;
              }));
    } else {
      tasks.finish();
      reply.succeed(ShutdownSandboxResponse.DEFAULT);
    }
  }

  private void metrics(SandboxMetricsRequest request, Reply<SandboxMetricsResponse> reply)
      throws RpcException {
    tasks.statistics(
        new StatsRequest(request.sandboxId()),
        Reply.turned(
            reply,
            stats ->
                new SandboxMetricsResponse(
                    new Metric(
                        Times.timestamp(Clock.realtimeNanos()),
                        request.sandboxId(),
                        stats.stats()))));
  }
}

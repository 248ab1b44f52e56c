package dev.bulkhead.runtime.shim;

import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Mounts;
import dev.bulkhead.linux.Open;
import dev.bulkhead.linux.Processes;
import dev.bulkhead.linux.Signals;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.protobuf.Any;
import dev.bulkhead.runtime.container.ContainerRoot;
import java.util.List;
import java.util.Optional;

/**
 * The life of the process that start leaves behind: it serves containerd until the last container
 * is deleted. Its mounts are in a mount namespace of its own and the machine dies with it, so that
 * a killed one leaves files and cgroups only.
 */
final class ShimDaemon {
  private static final long LAST_EVENTS_MILLIS = 2_000;
  private static final int LOWEST = 10;

  private ShimDaemon() {}

  /**
   * What a daemon is given.
   *
   * @param listener its socket
   * @param logFifo the path of the fifo that containerd reads
   * @param eventsAddress the path of containerd's socket for events
   * @param root the directory of all state that does not outlive a boot
   * @param containers where this namespace's containers have their directories
   * @param options of the runtime
   * @param files what was installed with the program
   */
  record Plan(
      Fd listener,
      String logFifo,
      String namespace,
      String eventsAddress,
      String root,
      ContainerRoot containers,
      Optional<Any> options,
      InstalledFiles files) {}

  /**
   * Lives, in a process that was forked for it.
   *
   * @return the process's exit code
   */
  static int live(Plan plan) {
    Fd listener = plan.listener().duplicate(LOWEST);
    Fd fifo = Files.open(plan.logFifo(), Open.O_RDWR | Open.O_NONBLOCK).duplicate(LOWEST);
    Processes.startDaemon("bulkhead-shim", List.of(listener, fifo));
    ShimLog log = new ShimLog(fifo);
    try {
      serve(plan, listener, log);
      return 0;
    } catch (RuntimeException e) {
      log.error("the shim failed: " + (e.getMessage() == null ? e.toString() : e.getMessage()));
      return 1;
    }
  }

  private static void serve(Plan plan, Fd listener, ShimLog log) {
    Mounts.enterOwnNamespace();
    try (EventLoop loop = new EventLoop();
        EventPublisher events =
            new EventPublisher(loop, plan.eventsAddress(), plan.namespace(), log)) {
      TaskService service =
          new TaskService(
              loop,
              new TaskService.Host(
                  plan.root(), plan.namespace(), plan.containers(), plan.options(), plan.files()),
              log,
              events);
      var registry = service.registry();
      new SandboxService(service).register(registry);
      try (Signals signals =
              Signals.handle(
                  loop, List.of(Signals.SIGTERM, Signals.SIGINT), signal -> service.finish());
          EventLoop.Watch connections =
              loop.watch(
                  listener,
                  EventLoop.READABLE,
                  ready ->
                      UnixSocket.accept(listener)
                          .ifPresent(socket -> new TaskConnection(loop, socket, registry)))) {
        loop.runUntil(service::isDone);
      }
      service.close();
      loop.runUntil(events::isIdle, LAST_EVENTS_MILLIS);
    }
  }
}

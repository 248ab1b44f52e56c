package dev.bulkhead.runtime.template;

import dev.bulkhead.agentapi.IPAddress;
import dev.bulkhead.agentapi.IPFamily;
import dev.bulkhead.agentapi.Interface;
import dev.bulkhead.agentapi.Route;
import dev.bulkhead.agentapi.Storage;
import dev.bulkhead.hypervisor.MachineModel;
import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.linux.Environment;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.Mounts;
import dev.bulkhead.linux.Open;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.setup.Setup;
import dev.bulkhead.sandbox.ContainerFiles;
import dev.bulkhead.sandbox.GuestSpec;
import dev.bulkhead.sandbox.ProcessStreams;
import dev.bulkhead.sandbox.Sandbox;
import dev.bulkhead.sandbox.SharedDirectory;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Containers that a guest runs before it is anybody's, so that the first real one finds code in the
 * caches, translated where the processor is translated. They see nothing but one program each, and
 * nothing of them is left.
 */
public final class WarmUp {
  private static final String ID = "warm-up";
  private static final String PROGRAM = "/program";
  private static final String INTERFACE = "eth0";

  private final EventLoop loop;
  private final Setup setup;
  private final Spec spec;

  /**
   * Prepares.
   *
   * @param example of a container with usual rights
   */
  public WarmUp(EventLoop loop, Setup setup, Spec example) {
    this.loop = loop;
    this.setup = setup;
    Spec whole = example.withProcess(example.process().withArgs(List.of(PROGRAM, "--version")));
    this.spec = setup.guestSeccomp() ? whole : whole.withLinux(whole.linux().withSeccomp(null));
  }

  /**
   * Runs them in a guest that has just come up, which is so again afterwards, with a container
   * prepared. One is made from nothing, as later ones of a sandbox are, the others of what was
   * prepared.
   *
   * @param storages what the guest mounts for all containers
   * @param devices those that the machine has for networks, behind which there is none yet
   */
  public void run(
      Sandbox sandbox,
      SharedDirectory shared,
      List<Storage> storages,
      List<NetworkDevice> devices) {
    if (setup.machines().model() == MachineModel.Q35) {
      devices.forEach(device -> joinNetwork(sandbox, device));
    }
    String image = shared.path() + "-" + ID;
    Files.makeDirectory(image, 0755);
    Files.open(image + PROGRAM, Open.O_WRONLY | Open.O_CREAT, 0755).close();
    Mounts.bind(Environment.executable(), image + PROGRAM, false);
    run(sandbox, shared, storages, image);
    prepare(sandbox);
    run(sandbox, shared, storages, image);
    prepare(sandbox);
    Mounts.detachIfMounted(image + PROGRAM);
    Files.replace(image + PROGRAM, MemorySweep.program(), 0755);
    run(sandbox, shared, storages, image);
    prepare(sandbox);
  }

  /** Takes a device into use, with addresses for documentation, and out of it again. */
  private static void joinNetwork(Sandbox sandbox, NetworkDevice device) {
    Interface any = Interface.DEFAULT.withDevicePath(device.pciPath());
    sandbox.updateInterface(
        any.withDevice(INTERFACE)
            .withName(INTERFACE)
            .withMtu(1500)
            .withHwAddr("02:00:00:00:00:01")
            .withIpAddresses(
                List.of(
                    new IPAddress(IPFamily.V4, "192.0.2.2", "24"),
                    new IPAddress(IPFamily.V6, "2001:db8::2", "64"))));
    sandbox.updateRoutes(
        List.of(
            Route.DEFAULT.withDevice(INTERFACE).withGateway("192.0.2.1").withFamily(IPFamily.V4)));
    sandbox.updateRoutes(List.of());
    sandbox.updateInterface(any);
  }

  private void prepare(Sandbox sandbox) {
    sandbox.prepareContainer(GuestSpec.of(spec, "/", GuestSpec.Volume::source));
  }

  private void run(Sandbox sandbox, SharedDirectory shared, List<Storage> storages, String image) {
    // As every clone will.
    sandbox.becomeOneOfItsOwn();
    sandbox.create(ID, "", storages, setup.kernelModules());
    try (ContainerFiles files = setup.shares().files(ID, shared)) {
      String root = files.addRoot(spec.withRoot(spec.root().withPath(image)));
      sandbox.createContainer(ID, GuestSpec.of(spec, root, files), files);
      runToEnd(sandbox);
      sandbox.destroy();
    }
  }

  private void runToEnd(Sandbox sandbox) {
    try (Fd nothing = Files.open("/dev/null", Open.O_RDWR);
        ProcessStreams streams =
            ProcessStreams.attach(
                loop,
                sandbox.agent(),
                ID,
                ID,
                new ProcessStreams.HostStreams(
                    Optional.empty(), Optional.of(nothing), Optional.of(nothing)))) {
      sandbox.startContainer(ID);
      streams.feedInput();
      OptionalInt code = sandbox.runToEnd(ID, ID, streams);
      if (code.isEmpty() || code.getAsInt() != 0) {
        throw new ContainerException(
            "a container that a machine runs to be ready ended with code " + code.orElse(-1));
      }
    }
  }
}

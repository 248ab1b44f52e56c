package dev.bulkhead.hypervisor.qemu;

import dev.bulkhead.hypervisor.Accelerator;
import dev.bulkhead.hypervisor.AgentChannel;
import dev.bulkhead.hypervisor.MachineModel;
import dev.bulkhead.hypervisor.MachineSpec;
import dev.bulkhead.hypervisor.NetworkDevice;
import dev.bulkhead.hypervisor.Origin;
import dev.bulkhead.hypervisor.Share;
import dev.bulkhead.linux.Fd;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * QEMU's arguments for a machine.
 *
 * @param arguments without the program's name
 * @param devices what the arguments call descriptor {@link #FIRST_DEVICE_FD} and the following
 * @param taps the numbers by which QEMU knows the taps of the network devices, in their order
 * @param incoming the number by which QEMU knows the descriptor of the state that it goes on from
 */
record QemuCommandLine(
    List<String> arguments, List<Fd> devices, List<Integer> taps, OptionalInt incoming) {
  /** What the arguments call the descriptor of the monitor's socket. */
  static final int MONITOR_FD = 3;

  /** What the arguments call the descriptor of the console's socket. */
  static final int CONSOLE_FD = 4;

  /** What the arguments call the descriptor of the agent port's socket. */
  static final int AGENT_FD = 5;

  /** The first descriptor of those that the specification brings along. */
  static final int FIRST_DEVICE_FD = 6;

  // The kernel's number for it, as kernels before 5.18 know no names there: word 4, bit 13.
  private static final int CMPXCHG16B = 4 * 32 + 13;

  // A PC without what no guest of ours looks for: each device less is probed for by neither
  // firmware nor kernel.
  private static final String Q35_OPTIONS =
      "q35,usb=off,vmport=off,sata=off,smbus=off,i8042=off,hpet=off,smm=off";

  // Without ACPI, which the virtio-mmio devices on the kernel's command line stand in for; the RTC
  // stays, as a kernel without one waits a second for it.
  private static final String MICROVM_OPTIONS =
      "microvm,acpi=off,x-option-roms=off,isa-serial=on,rtc=on";

  QemuCommandLine {
    arguments = List.copyOf(arguments);
    devices = List.copyOf(devices);
    taps = List.copyOf(taps);
  }

  /**
   * The arguments for a machine.
   *
   * @param boot the opened files that it boots from, which the program inherits
   * @param origin where its first state comes from
   * @param timeStampKilohertz how fast the host's time stamp counter runs, if it can be relied on
   */
  static QemuCommandLine of(
      MachineSpec spec, BootFiles boot, Origin origin, OptionalInt timeStampKilohertz) {
    return new Builder(spec, boot, origin, timeStampKilohertz).build();
  }

  /** The name of what is behind a network device on the host. */
  static String networkId(NetworkDevice device) {
    return "net" + device.pciPath();
  }

  /** An interrupt for each way of a queue, one for control and one for changes. */
  static int vectors(NetworkDevice device) {
    return 2 * device.taps().size() + 2;
  }

  /** QEMU's option syntax separates by commas; a comma in a value is written twice. */
  static String escape(String value) {
    return value.replace(",", ",,");
  }

  private static final class Builder {
    private final MachineSpec spec;
    private final BootFiles boot;
    private final Origin origin;
    private final OptionalInt timeStampKilohertz;
    private final String bus;
    private final List<String> arguments = new ArrayList<>();
    private final List<Fd> devices = new ArrayList<>();
    private final List<Integer> taps = new ArrayList<>();

    private Builder(
        MachineSpec spec, BootFiles boot, Origin origin, OptionalInt timeStampKilohertz) {
      this.spec = spec;
      this.boot = boot;
      this.origin = origin;
      this.timeStampKilohertz = timeStampKilohertz;
      this.bus =
          switch (spec.model()) {
            case Q35 -> "pci";
            case MICROVM -> "device";
          };
    }

    private QemuCommandLine build() {
      add("-name", "guest=" + escape(spec.name()));
      arguments.addAll(List.of("-nodefaults", "-no-user-config"));
      add("-display", "none");
      arguments.add("-no-reboot");
      add("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
      addMachine();
      addKernel();
      addConsoleAndMonitor();
      add("-object", "rng-builtin,id=entropy");
      add("-device", "virtio-rng-" + bus + ",rng=entropy");
      addAgentChannel();
      boot.image().ifPresent(this::addImage);
      for (int i = 0; i < spec.shares().size(); i++) {
        addShare(i, spec.shares().get(i));
      }
      spec.networkDevices().forEach(this::addNetworkDevice);
      for (int i = 0; i < spec.bridges(); i++) {
        addBridge(i);
      }
      addFreePageReporting();
      OptionalInt incoming =
          origin instanceof Origin.Clone clone
              ? OptionalInt.of(inherit(clone.state()))
              : OptionalInt.empty();
      if (incoming.isPresent()) {
        // What it goes on from is told when it knows that the memory is there already.
        add("-incoming", "defer");
      }
      return new QemuCommandLine(arguments, devices, taps, incoming);
    }

    private void add(String option, String value) {
      arguments.add(option);
      arguments.add(value);
    }

    private void addMachine() {
      String options =
          switch (spec.model()) {
            case Q35 -> Q35_OPTIONS;
            case MICROVM -> MICROVM_OPTIONS;
          };
      options += ",mem-merge=off,dump-guest-core=off";
      Optional<String> memory = memory();
      if (memory.isPresent()) {
        add("-object", memory.get() + ",id=memory,size=" + spec.memoryMib() + "M");
        options += ",memory-backend=memory";
      }
      add("-machine", options);
      if (spec.model() == MachineModel.MICROVM) {
        add("-global", "virtio-mmio.force-legacy=off");
      }
      switch (spec.accelerator()) {
        case KVM -> {
          add("-accel", "kvm");
          add("-cpu", "host,pmu=off");
        }
        case TCG -> {
          // Room for the translations of some 6 MiB of code; QEMU would take up to 1 GiB.
          add("-accel", "tcg,tb-size=64");
          // Where these two are offered the kernel copies by "rep movsb", which is translated byte
          // by byte: copies in the guest are three times faster without them.
          add("-cpu", "max,-erms,-fsrm");
        }
      }
      add("-m", spec.memoryMib() + "M");
      add("-smp", Integer.toString(spec.vcpus()));
    }

    /** The object that holds the guest's memory, if it is not QEMU's own. */
    private Optional<String> memory() {
      return switch (origin) {
        case Origin.Template(Fd file) ->
            Optional.of("memory-backend-file,share=on,mem-path=" + inheritedPath(file));
        case Origin.Clone(Fd file, Fd state) ->
            Optional.of("memory-backend-file,share=off,mem-path=" + inheritedPath(file));
        // vhost-user daemons map the guest's memory by this file.
        case Origin.Boot boots when spec.sharesMemory() ->
            Optional.of("memory-backend-memfd,share=on");
        // Whoever goes on from a process has its command line, too.
        case Origin.Boot boots -> Optional.empty();
        case Origin.ProcessImage process -> Optional.empty();
      };
    }

    private void addKernel() {
      add("-kernel", inheritedPath(boot.kernel()));
      boot.initrd().ifPresent(initrd -> add("-initrd", inheritedPath(initrd)));
      add("-append", String.join(" ", kernelParameters()));
    }

    private List<String> kernelParameters() {
      // "reboot=t" with -no-reboot: whatever ends the kernel ends QEMU, without ACPI too.
      List<String> parameters =
          new ArrayList<>(
              List.of(
                  "console=ttyS0",
                  "quiet",
                  "8250.nr_uarts=1",
                  "reboot=t",
                  "panic=-1",
                  "cryptomgr.notests",
                  // Who waits for all readers in the kernel, as a process that joins a cgroup, does
                  // not wait for three ticks of the clock: a guest has few processors to ask.
                  "rcupdate.rcu_expedited=1",
                  // An idle guest's processor wakes for what looks whether memory is in pieces,
                  // each
                  // half second, and for what adds up statistics, each second: half of its wakes.
                  "sysctl.vm.compaction_proactiveness=0",
                  "sysctl.vm.stat_interval=10",
                  // The files of tracing, one for each of some thousand events, which nobody in
                  // a sandbox reads: a tenth of the boot and 8 MB of each machine.
                  "initcall_blacklist=tracer_init_tracefs,trace_eval_init"));
      if (spec.accelerator() == Accelerator.TCG) {
        parameters.add("no_timer_check");
        // The guest's instructions are not the processor's: what hinders that from running ahead
        // protects nothing here, and takes a tenth of the time up to a container's first output.
        parameters.add("mitigations=off");
        // How long programs waited for processors, memory and disks: nobody asks a sandbox, and to
        // count it is a seventh of what a question to the file server takes.
        parameters.add("psi=0");
        // To compile a container's filter of system calls takes longer than to interpret it ever
        // would: the kernel remembers which calls it allows always.
        parameters.add("sysctl.net.core.bpf_jit_enable=0");
        // QEMU 7.2 leaves a register's bits as flags after a cmpxchg16b. A kernel interrupted there
        // goes on with, say, its direction reversed, and its allocator executes one for each
        // packet. Without this feature it takes other instructions.
        parameters.add("clearcpuid=" + CMPXCHG16B);
        if (spec.sharesMemory()) {
          // What another process writes to the guest's memory QEMU does not see, and goes on with
          // its translation of what the page held before. A page that is cleared when it is taken
          // into use holds no code that QEMU still remembers.
          parameters.add("init_on_alloc=1");
        }
        // A translated guest reads the host's counter. Left to measure it against a timer that QEMU
        // serves late on a busy host, one kernel in ten got a clock that ran four times too fast.
        timeStampKilohertz.ifPresent(
            kilohertz -> parameters.addAll(List.of("tsc_early_khz=" + kilohertz, "tsc=reliable")));
      }
      if (spec.vcpus() == 1) {
        parameters.add("noreplace-smp");
      }
      parameters.addAll(spec.kernelParameters());
      return parameters;
    }

    private void addConsoleAndMonitor() {
      add("-chardev", "socket,id=console,fd=" + CONSOLE_FD);
      add("-serial", "chardev:console");
      add("-chardev", "socket,id=monitor,fd=" + MONITOR_FD);
      add("-mon", "chardev=monitor,mode=control");
    }

    private void addAgentChannel() {
      switch (spec.agentChannel()) {
        case AgentChannel.SerialPort port -> {
          // Port 0 is for a console; more ports than needed cost the guest two queues each.
          add("-device", "virtio-serial-" + bus + ",max_ports=2" + inProcessor());
          add("-chardev", "socket,id=agent,fd=" + AGENT_FD);
          add("-device", "virtserialport,chardev=agent,name=" + AgentChannel.SerialPort.PORT_NAME);
        }
        case AgentChannel.Vsock vsock ->
            add(
                "-device",
                "vhost-vsock-"
                    + bus
                    + ",guest-cid="
                    + vsock.contextId()
                    + ",vhostfd="
                    + inherit(vsock.device()));
      }
    }

    private void addImage(Fd image) {
      add(
          "-blockdev",
          "driver=raw,node-name=image,read-only=on,file.driver=file,file.filename="
              + inheritedPath(image));
      add("-device", "virtio-blk-" + bus + ",drive=image");
    }

    private void addShare(int index, Share share) {
      String id = "share" + index;
      switch (share) {
        case Share.NineP nineP -> {
          add(
              "-fsdev",
              "local,id="
                  + id
                  + ",security_model=passthrough,multidevs=remap"
                  + (nineP.readOnly() ? ",readonly=on" : "")
                  + ",path="
                  + QemuConfinement.shareDirectory(index));
          add(
              "-device",
              "virtio-9p-"
                  + bus
                  + ",fsdev="
                  + id
                  + ",mount_tag="
                  + escape(nineP.tag())
                  + inProcessor());
        }
        case Share.VirtioFs virtioFs -> {
          add("-chardev", "socket,id=" + id + ",fd=" + inherit(virtioFs.daemon()));
          // A place for each page of a request: the most that QEMU allows, for 128 by default would
          // keep the longest request below half a mebibyte.
          add(
              "-device",
              "vhost-user-fs-"
                  + bus
                  + ",queue-size=1024,chardev="
                  + id
                  + ",tag="
                  + escape(virtioFs.tag()));
        }
      }
    }

    /**
     * Has a device take its requests in the thread of the guest's processor, which is one of QEMU's
     * where that translates: what needs no other thread ends right there, with none woken for it.
     */
    private String inProcessor() {
      return spec.accelerator() == Accelerator.TCG && spec.model() == MachineModel.Q35
          ? ",ioeventfd=off"
          : "";
    }

    /** QEMU gets the opened tap only, so it needs no right to make or change interfaces. */
    private void addNetworkDevice(NetworkDevice device) {
      String id = networkId(device);
      int queues = device.taps().size();
      for (int i = 0; i < queues; i++) {
        taps.add(FIRST_DEVICE_FD + devices.size() + i);
      }
      String netdev = "tap,id=" + id + (queues > 1 ? ",fds=" : ",fd=") + inherit(device.taps());
      if (!device.accelerators().isEmpty()) {
        netdev +=
            ",vhost=on," + (queues > 1 ? "vhostfds=" : "vhostfd=") + inherit(device.accelerators());
      }
      add("-netdev", netdev);
      String place =
          switch (spec.model()) {
            // Nobody boots from it, so it needs no program for that.
            case Q35 ->
                ",addr=0x"
                    + device.pciPath()
                    + ",romfile="
                    + (queues > 1 ? ",vectors=" + vectors(device) : "");
            case MICROVM -> "";
          };
      add("-device", "virtio-net-" + bus + ",netdev=" + id + (queues > 1 ? ",mq=on" : "") + place);
    }

    /**
     * The guest tells which memory it has freed, and QEMU gives that back to the host. Not where
     * the memory is a template's file: QEMU would make a hole there, which is all clones'.
     */
    private void addFreePageReporting() {
      if (origin instanceof Origin.Boot) {
        add("-device", "virtio-balloon-" + bus + ",free-page-reporting=on");
      }
    }

    /** For disks that come later: no port of PCI Express, of which each takes one device only. */
    private void addBridge(int index) {
      add(
          "-device",
          "pcie-pci-bridge,id="
              + DiskPlaces.bus(index)
              + ",addr=0x"
              + Integer.toHexString(DiskPlaces.bridgeSlot(index)));
    }

    /** The numbers that the program will know descriptors by, as lists of QEMU's are written. */
    private String inherit(List<Fd> fds) {
      StringBuilder numbers = new StringBuilder();
      for (Fd fd : fds) {
        numbers.append(numbers.isEmpty() ? "" : ":").append(inherit(fd));
      }
      return numbers.toString();
    }

    /** A path by which the program opens an inherited file. */
    private String inheritedPath(Fd fd) {
      return "/proc/self/fd/" + inherit(fd);
    }

    /** The number that the program will know a descriptor by. */
    private int inherit(Fd fd) {
      devices.add(fd);
      return FIRST_DEVICE_FD + devices.size() - 1;
    }
  }
}

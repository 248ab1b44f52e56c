package dev.bulkhead.it.agent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.CheckRequest;
import dev.bulkhead.agentapi.CreateContainerRequest;
import dev.bulkhead.agentapi.Health;
import dev.bulkhead.agentapi.RemoveContainerRequest;
import dev.bulkhead.agentapi.SignalProcessRequest;
import dev.bulkhead.agentapi.StatsContainerRequest;
import dev.bulkhead.agentapi.UpdateContainerRequest;
import dev.bulkhead.it.agent.GuestExtension.Inspector;
import dev.bulkhead.oci.Box;
import dev.bulkhead.oci.Linux;
import dev.bulkhead.oci.LinuxCapabilities;
import dev.bulkhead.oci.LinuxCpu;
import dev.bulkhead.oci.LinuxDevice;
import dev.bulkhead.oci.LinuxMemory;
import dev.bulkhead.oci.LinuxPids;
import dev.bulkhead.oci.LinuxResources;
import dev.bulkhead.oci.LinuxSeccomp;
import dev.bulkhead.oci.LinuxSeccompArg;
import dev.bulkhead.oci.LinuxSyscall;
import dev.bulkhead.oci.Mount;
import dev.bulkhead.oci.PosixRlimit;
import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.oci.User;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.RpcException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Containers by their specifications, seen from inside, from the guest and from the host. */
@ExtendWith(GuestExtension.class)
final class ContainerTest {
  private static final int SIGUSR1 = 10;
  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;
  private static final int KILLED = 137;
  private static final int KILLED_BY_FILTER = 159;

  /** A line of mountinfo, see proc(5). */
  private record Mounted(Set<String> options, String propagation, String type, String fileSystem) {
    boolean has(String... words) {
      return options.containsAll(Set.of(words));
    }
  }

  private static final Pattern MOUNT_LINE =
      Pattern.compile("\\S+ \\S+ \\S+ \\S+ (\\S+) (\\S+) (.*?) ?- (\\S+) \\S+ (\\S+)");

  /** The mounts of a container by their places; the last one of each is what is seen. */
  private static Map<String, Mounted> mounts(GuestContainer container) throws RpcException {
    Map<String, Mounted> mounts = new LinkedHashMap<>();
    for (String line : container.output("cat /proc/self/mountinfo").lines().toList()) {
      Matcher match = MOUNT_LINE.matcher(line);
      assertTrue(match.matches(), line);
      Set<String> options = Set.of(match.group(2).split(",", -1));
      mounts.put(
          match.group(1), new Mounted(options, match.group(3), match.group(4), match.group(5)));
    }
    return mounts;
  }

  private static Spec sleeping(Guest.Root root) {
    return Specs.of(root, "sleep", "1000000");
  }

  @Test
  void mountsWhatIsAskedWhereItIsAsked(Guest guest) throws Exception {
    Guest.Root root = guest.newRoot();
    Guest.Root volume = guest.newVolume();
    Files.writeString(volume.onHost().resolve("file"), "of the volume\n");
    Files.writeString(root.onHost().resolve("etc/kept"), "of the image\n");
    // Links that would lead out of the root: one absolute, one upwards, one to nothing yet.
    Files.createSymbolicLink(root.onHost().resolve("absolute"), Path.of("/etc"));
    Files.createSymbolicLink(root.onHost().resolve("upwards"), Path.of("../../../../../var"));
    Files.createSymbolicLink(root.onHost().resolve("nowhere"), Path.of("/../made/by/mount"));
    String source = volume.inGuest();
    Spec spec =
        Specs.withMounts(
            sleeping(root),
            Specs.bind(source, "/writable"),
            Specs.bind(source, "/restricted", "bind", "ro", "nosuid", "nodev", "noexec", "noatime"),
            Specs.bind(source + "/file", "/new/file"),
            Specs.bind(source, "/absolute/volume"),
            Specs.bind(source, "/upwards/volume"),
            Specs.bind(source, "/nowhere"),
            Specs.bind(source, "/../../dots/../dots"),
            Specs.mount("", "/dev", "/alone", "bind"),
            Specs.mount("", "/dev", "/below", "rbind", "rro"),
            Specs.mount("", "/dev", "/top", "rbind", "ro"),
            Specs.mount("tmpfs", "tmpfs", "/scratch", "size=1m", "mode=1750", "noexec", "nosuid"),
            Specs.mount("tmpfs", "tmpfs", "/tmp", "ro"),
            Specs.mount("tmpfs", "tmpfs", "/etc", "tmpcopyup", "rw"));
    try (GuestContainer container = GuestContainer.start(guest, spec)) {
      Map<String, Mounted> mounts = mounts(container);
      Map.of(
              "/proc", "proc",
              "/dev", "tmpfs",
              "/dev/pts", "devpts",
              "/sys", "sysfs",
              "/sys/fs/cgroup", "cgroup2",
              "/dev/mqueue", "mqueue",
              "/dev/shm", "tmpfs",
              "/scratch", "tmpfs",
              "/alone", "devtmpfs",
              "/writable", "9p")
          .forEach((place, type) -> assertEquals(type, mounts.get(place).type(), place));
      assertTrue(mounts.get("/proc").has("rw", "nosuid", "nodev", "noexec"));
      assertTrue(mounts.get("/sys").has("ro", "nosuid", "nodev", "noexec"));
      assertTrue(mounts.get("/sys/fs/cgroup").has("ro", "nosuid", "nodev", "noexec"));
      assertTrue(mounts.get("/dev/pts").fileSystem().contains("gid=5,mode=620,ptmxmode=666"));
      assertFalse(mounts.get("/dev").has("nodev"));
      assertTrue(mounts.get("/writable").has("rw"));
      assertTrue(mounts.get("/restricted").has("ro", "nosuid", "nodev", "noexec", "noatime"));
      assertTrue(mounts.get("/scratch").has("rw", "noexec", "nosuid"));
      assertTrue(mounts.get("/scratch").fileSystem().contains("size=1024k"));
      assertTrue(mounts.get("/tmp").has("ro"));
      // Of a recursive one the mounts below come along; "rro" is for all of them, "ro" is not.
      assertFalse(mounts.containsKey("/alone/pts"));
      assertTrue(mounts.get("/below").has("ro"));
      assertTrue(mounts.get("/below/pts").has("ro"));
      assertTrue(mounts.get("/top").has("ro"));
      assertTrue(mounts.get("/top/pts").has("rw"));
      // Each where its path leads to from the container's own root.
      assertTrue(
          mounts
              .keySet()
              .containsAll(List.of("/new/file", "/etc", "/var/volume", "/made/by/mount", "/dots")),
          mounts.keySet().toString());
      assertEquals(
          "of the volume\n".repeat(6) + "of the image\n1750 777 0\n",
          container.output(
              "cat /writable/file /restricted/file /new/file /upwards/volume/file /nowhere/file"
                  + " /dots/file /etc/kept; echo $(stat -c %a /scratch /tmp)"
                  + " $(ls /alone/pts | wc -l)"));
      ProcessResult refused =
          container.run(
              "sh",
              "-c",
              "for f in /restricted/x /tmp/x /sys/x /below/x; do echo > $f && echo wrote $f; done;"
                  + " echo > /writable/written; cp /bin/busybox /scratch/; /scratch/busybox true");
      assertEquals("", refused.output());
      assertEquals(4, count(refused.errors(), "Read-only file system"), refused.errors());
      assertEquals(1, count(refused.errors(), "Permission denied"), refused.errors());
    }
    assertTrue(Files.exists(volume.onHost().resolve("written")));
    // The mount points were made in the image, and nowhere beside it.
    for (String made : List.of("var/volume", "made/by/mount", "dots", "new/file")) {
      assertTrue(Files.exists(root.onHost().resolve(made), LinkOption.NOFOLLOW_LINKS), made);
    }
    assertFalse(Files.exists(root.onHost().resolveSibling("made")));
    assertFalse(Files.exists(root.onHost().resolveSibling("dots")));
  }

  private static int count(String text, String words) {
    return text.split(Pattern.quote(words), -1).length - 1;
  }

  @Test
  void mountsSpreadAsAsked(Guest guest) throws Exception {
    String source = guest.newVolume().inGuest();
    Spec sharing =
        Specs.withLinux(
            Specs.withMounts(
                sleeping(guest.newRoot()),
                Specs.bind(source, "/shared", "bind", "rshared"),
                Specs.bind(source, "/closed", "bind", "unbindable")),
            linux -> linux.withRootfsPropagation("shared"));
    Spec following =
        Specs.withMounts(
            sleeping(guest.newRoot()),
            Specs.bind(source, "/slave", "bind", "rslave"),
            Specs.bind(source, "/private", "bind", "rprivate"));
    try (GuestContainer one = GuestContainer.start(guest, sharing);
        GuestContainer other = GuestContainer.start(guest, following)) {
      Map<String, Mounted> shared = mounts(one);
      assertTrue(shared.get("/").propagation().startsWith("shared:"), shared.toString());
      assertTrue(shared.get("/shared").propagation().startsWith("shared:"), shared.toString());
      assertEquals("unbindable", shared.get("/closed").propagation());
      assertEquals("", mounts(other).get("/").propagation());
      assertTrue(mounts(other).get("/slave").propagation().startsWith("master:"));
      assertEquals("", mounts(other).get("/private").propagation());
      privileged(one, "mkdir /shared/a /shared/b && mount -t tmpfs tmpfs /shared/a");
      assertTrue(mounts(other).containsKey("/slave/a"));
      assertFalse(mounts(other).containsKey("/private/a"));
      privileged(other, "mount -t tmpfs tmpfs /slave/b");
      assertFalse(mounts(one).containsKey("/shared/b"));
      privileged(one, "umount /shared/a");
      assertFalse(mounts(other).containsKey("/slave/a"));
    }
  }

  private static String privileged(GuestContainer container, String command) throws RpcException {
    return container.run(Specs.privilegedProcess("sh", "-c", command)).succeeds().output();
  }

  @Test
  void hidesAndProtectsWhatIsNamed(Guest guest) throws Exception {
    Guest.Root root = guest.newRoot();
    Files.createDirectory(root.onHost().resolve("secrets"));
    Files.writeString(root.onHost().resolve("secrets/key"), "secret\n");
    Files.writeString(root.onHost().resolve("password"), "secret\n");
    Files.createDirectories(root.onHost().resolve("fixed/below"));
    Files.createSymbolicLink(root.onHost().resolve("link"), Path.of("../../../password"));
    Spec spec =
        Specs.withLinux(
            Specs.withMounts(
                sleeping(root), Specs.mount("tmpfs", "tmpfs", "/fixed/below", "mode=755")),
            linux ->
                linux
                    .withMaskedPaths(
                        List.of("/secrets", "/../link", "/proc/kcore", "/does/not/exist"))
                    .withReadonlyPaths(List.of("/fixed", "/proc/sys", "/does/not/exist")));
    try (GuestContainer container = GuestContainer.start(guest, spec)) {
      assertEquals(
          "0\n0\n0\n",
          container.output("ls -A /secrets | wc -l; cat /password | wc -c; cat /proc/kcore|wc -c"));
      String write = "for f in /secrets/x /fixed/x /fixed/below/x /proc/sys/kernel/domainname";
      ProcessResult result = container.run("sh", "-c", write + "; do echo x > $f; done; echo > /x");
      assertEquals(4, count(result.errors(), "Read-only file system"), result.errors());
      assertEquals("", container.output("echo x > /password"));
    }
    assertEquals("secret\n", Files.readString(root.onHost().resolve("password")));
    Spec fixed = Specs.of(root, "sh", "-c", "echo > /file; echo > /dev/shm/file && echo written");
    ProcessResult result =
        GuestContainer.run(guest, fixed.withRoot(fixed.root().withReadonly(true)));
    assertEquals("written\n", result.output());
    assertEquals(1, count(result.errors(), "Read-only file system"), result.errors());
  }

  private static LinuxDevice device(String path, String type, int major, int minor) {
    return LinuxDevice.DEFAULT
        .withPath(path)
        .withType(type)
        .withMajor(major)
        .withMinor(minor)
        .withFileMode(0640);
  }

  @Test
  void hasItsDevices(Guest guest) throws Exception {
    Spec spec =
        Specs.withLinux(
            sleeping(guest.newRoot()),
            linux ->
                linux.withDevices(
                    List.of(
                        device("/dev/mine", "c", 1, 3).withUid(1000).withGid(2000),
                        device("/dev/deep/down", "u", 1, 5).withFileMode(0604),
                        device("/dev/block", "b", 7, 300),
                        device("/dev/pipe", "p", 0, 0).withFileMode(0622),
                        device("/dev/zero", "c", 1, 5).withFileMode(0600))));
    try (GuestContainer container = GuestContainer.start(guest, spec)) {
      assertEquals(
          """
          /dev/null 666 0:0 1,3 character special file
          /dev/zero 600 0:0 1,5 character special file
          /dev/full 666 0:0 1,7 character special file
          /dev/random 666 0:0 1,8 character special file
          /dev/urandom 666 0:0 1,9 character special file
          /dev/tty 666 0:0 5,0 character special file
          /dev/mine 640 1000:2000 1,3 character special file
          /dev/deep/down 604 0:0 1,5 character special file
          /dev/block 640 0:0 7,12c block special file
          /dev/pipe 622 0:0 0,0 fifo
          """,
          container.output(
              "cd /dev; stat -c '%n %a %u:%g %t,%T %F' /dev/null /dev/zero /dev/full /dev/random"
                  + " /dev/urandom /dev/tty /dev/mine /dev/deep/down /dev/block /dev/pipe"));
      assertEquals(
          "pts/ptmx /proc/self/fd /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2\n4\n",
          container.output(
              "cd /dev; for l in ptmx fd stdin stdout stderr; do readlink $l; done | xargs;"
                  + " echo x > /dev/mine && head -c 4 /dev/deep/down | wc -c"));
    }
  }

  /** Twice, for what the first container left in the image must not trouble the second. */
  @Test
  void hasDevicesWhereTheRootCannotHoldThem(Guest guest) throws Exception {
    Guest.Root root = guest.newRoot();
    String look =
        "stat -c '%n %t,%T %F' /dev/null /dev/mine && echo lost > /dev/null"
            + " && head -c 4 /dev/zero | wc -c";
    Spec spec = withoutDev(Specs.of(root, "sh", "-c", look));
    spec =
        Specs.withLinux(spec, linux -> linux.withDevices(List.of(device("/dev/mine", "c", 1, 9))));
    for (int i = 0; i < 2; i++) {
      assertEquals(
          """
          /dev/null 1,3 character special file
          /dev/mine 1,9 character special file
          4
          """,
          GuestContainer.run(guest, spec).succeeds().output());
    }
    Spec unknown =
        Specs.withLinux(
            spec, linux -> linux.withDevices(List.of(device("/dev/mine2", "c", 222, 9))));
    assertRefused(guest, unknown, "/dev/mine2");
  }

  private static Spec withoutDev(Spec spec) {
    List<Mount> others =
        spec.mounts().stream().filter(m -> !m.destination().startsWith("/dev")).toList();
    return spec.withMounts(others);
  }

  private static String line(String text, String start) {
    return text.lines()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()).trim().replaceAll("\\s+", " "))
        .collect(Collectors.joining("|"));
  }

  private static PosixRlimit limit(String type, long soft, long hard) {
    return PosixRlimit.DEFAULT.withType(type).withSoft(soft).withHard(hard);
  }

  @Test
  void aProcessIsWhatItsDescriptionSays(Guest guest) throws Exception {
    Guest.Root root = guest.newRoot();
    String look =
        "cat /proc/self/status /proc/self/limits; env; pwd; umask; hostname;"
            + " cat /proc/sys/kernel/domainname /proc/self/oom_score_adj";
    UnaryOperator<Process> change =
        process ->
            process
                .withUser(
                    User.DEFAULT
                        .withUid(1000)
                        .withGid(2000)
                        .withAdditionalGids(List.of(5, 3000, 70000))
                        .withUmask(027))
                .withCwd("/made/for/it")
                .withEnv(List.of("PATH=/bin", "A=1", "EMPTY=", "TWO=a b=c"))
                .withOomScoreAdj(321L)
                .withNoNewPrivileges(true)
                .withRlimits(List.of(limit("RLIMIT_NOFILE", 100, 200), limit("RLIMIT_CORE", 0, -1)))
                .withCapabilities(
                    LinuxCapabilities.DEFAULT
                        .withBounding(List.of("CAP_CHOWN", "CAP_NET_RAW", "CAP_KILL"))
                        .withPermitted(List.of("CAP_NET_RAW", "CAP_KILL"))
                        .withEffective(List.of("CAP_KILL"))
                        .withInheritable(List.of("CAP_NET_RAW", "CAP_KILL"))
                        .withAmbient(List.of("CAP_NET_RAW", "CAP_CHOWN")));
    Spec spec = Specs.withProcess(Specs.of(root, "sh", "-c", look), change);
    ProcessResult user = GuestContainer.run(guest, spec.withDomainname("bulkhead.test"));
    String output = user.succeeds().output();
    assertEquals("1000 1000 1000 1000", line(output, "Uid:"));
    assertEquals("2000 2000 2000 2000", line(output, "Gid:"));
    assertEquals("5 3000 70000", line(output, "Groups:"));
    assertEquals(
        "0027|0027", line(output, "Umask:") + "|" + output.lines().toList().reversed().get(3));
    assertEquals("1", line(output, "NoNewPrivs:"));
    assertEquals("100 200 files", line(output, "Max open files"));
    assertEquals("0 unlimited bytes", line(output, "Max core file size"));
    assertEquals("test", output.lines().toList().reversed().get(2));
    assertEquals("bulkhead.test", output.lines().toList().reversed().get(1));
    assertEquals("321", output.lines().toList().reversed().getFirst());
    assertTrue(output.contains("\n/made/for/it\n"), output);
    for (String variable : List.of("A=1", "EMPTY=", "TWO=a b=c", "PATH=/bin", "HOME=/")) {
      assertTrue(output.lines().toList().contains(variable), variable);
    }
    assertFalse(output.contains("TERM="), output);
    // A user's program keeps the ambient ones alone.
    assertEquals(mask(5, 13), line(output, "CapInh:"));
    assertEquals(mask(13), line(output, "CapPrm:"));
    assertEquals(mask(13), line(output, "CapEff:"));
    assertEquals(mask(0, 5, 13), line(output, "CapBnd:"));
    assertEquals(mask(13), line(output, "CapAmb:"));
    // Root's gets what is in the bounding set, but with no_new_privs no more than it had.
    Spec asRoot =
        Specs.withProcess(
            spec,
            process ->
                process
                    .withUser(User.DEFAULT)
                    .withCapabilities(process.capabilities().withAmbient(List.of())));
    try (GuestContainer container =
        GuestContainer.start(
            guest, asRoot.withProcess(change.apply(Specs.process("sleep", "99999"))))) {
      String bound = container.run(asRoot.process()).succeeds().output();
      assertEquals(mask(5, 13), line(bound, "CapPrm:"));
      assertEquals(mask(), line(bound, "CapAmb:"));
      assertEquals("0 0 0 0", line(bound, "Uid:"));
      String free = container.run(asRoot.process().withNoNewPrivileges(false)).succeeds().output();
      assertEquals(mask(0, 5, 13), line(free, "CapPrm:"));
      assertEquals("0", line(free, "NoNewPrivs:"));
      assertTrue(free.lines().toList().contains("HOME=/root"));
    }
  }

  private static String mask(int... capabilities) {
    long bits = 0;
    for (int capability : capabilities) {
      bits |= 1L << capability;
    }
    return String.format("%016x", bits);
  }

  @Test
  void setsKernelSettingsOfItsOwn(Guest guest, Inspector inspector) throws Exception {
    Spec spec =
        Specs.withLinux(
            Specs.of(
                guest.newRoot(),
                "cat",
                "/proc/sys/kernel/msgmax",
                "/proc/sys/fs/mqueue/msg_max",
                "/proc/sys/kernel/shm_rmid_forced"),
            linux ->
                linux.withSysctl(
                    Map.of(
                        "kernel.msgmax", "4321",
                        "fs.mqueue.msg_max", "17",
                        "kernel/shm_rmid_forced", "1")));
    assertEquals("4321\n17\n1\n", GuestContainer.run(guest, spec).succeeds().output());
    assertEquals("8192\n", inspector.output("cat /proc/1/root/proc/sys/kernel/msgmax"));
  }

  private static LinuxSyscall rule(String action, String... names) {
    return LinuxSyscall.DEFAULT.withAction(action).withNames(List.of(names));
  }

  private static Spec filtered(Spec spec, String action, LinuxSyscall... rules) {
    return Specs.withLinux(
        spec,
        linux ->
            linux.withSeccomp(
                LinuxSeccomp.DEFAULT
                    .withDefaultAction(action)
                    .withArchitectures(List.of("SCMP_ARCH_X86_64", "SCMP_ARCH_X86"))
                    .withSyscalls(List.of(rules))));
  }

  @Test
  void filtersSystemCalls(Guest guest) throws Exception {
    LinuxSeccompArg userSignal =
        LinuxSeccompArg.DEFAULT.withIndex(1).withValue(SIGUSR1).withOp("SCMP_CMP_EQ");
    Spec denying =
        filtered(
            sleeping(guest.newRoot()),
            "SCMP_ACT_ALLOW",
            rule("SCMP_ACT_ERRNO", "mkdir", "mkdirat").withErrnoRet(28),
            rule("SCMP_ACT_ERRNO", "symlink", "symlinkat", "not_a_call"),
            rule("SCMP_ACT_KILL_PROCESS", "sync"),
            rule("SCMP_ACT_ERRNO", "kill").withErrnoRet(5).withArgs(List.of(userSignal)));
    try (GuestContainer container = GuestContainer.start(guest, denying)) {
      assertTrue(container.run("mkdir", "/x").expect(1).errors().contains("No space left"));
      assertTrue(container.run("ln", "-s", "a", "/x").expect(1).errors().contains("not permitted"));
      assertEquals(KILLED_BY_FILTER, container.run("sync").code());
      ProcessResult kill =
          container.run("sh", "-c", "trap '' TERM; kill -TERM $$ && echo sent; kill -USR1 $$");
      assertEquals("sent\n", kill.expect(1).output());
      assertTrue(kill.errors().contains("I/O error") || kill.errors().contains("Input/output"));
      // The same filter with no_new_privs, and for one who has no rights at all.
      Process bare =
          Specs.process("mkdir", "/x")
              .withCapabilities(LinuxCapabilities.DEFAULT)
              .withUser(User.DEFAULT.withUid(1000).withGid(1000));
      assertTrue(container.run(bare).expect(1).errors().contains("No space left"));
      assertTrue(
          container.run(bare.withNoNewPrivileges(true)).expect(1).errors().contains("No space"));
    }
    LinuxSyscall allowed =
        rule(
            "SCMP_ACT_ALLOW",
            ("execve brk arch_prctl set_tid_address set_robust_list rseq prlimit64 readlink"
                    + " readlinkat getrandom mprotect mmap munmap getuid geteuid getgid getegid"
                    + " setuid setgid ioctl write writev read close newfstatat fstat exit"
                    + " exit_group rt_sigaction rt_sigprocmask getpid getppid fcntl uname prctl"
                    + " futex capset capget sigaltstack umask poll")
                .split(" ", -1));
    Spec allowing = filtered(Specs.of(guest.newRoot(), "echo", "yes"), "SCMP_ACT_ERRNO", allowed);
    assertEquals("yes\n", GuestContainer.run(guest, allowing).succeeds().output());
    Spec noSuchCall =
        Specs.withLinux(
            allowing.withProcess(Specs.process("mkdir", "/x")),
            linux -> linux.withSeccomp(linux.seccomp().withDefaultErrnoRet(38)));
    assertTrue(
        GuestContainer.run(guest, noSuchCall).expect(1).errors().contains("not implemented"));
  }

  @Test
  void mayUseNoMoreThanItsLimits(Guest guest, Inspector inspector) throws Exception {
    LinuxResources resources =
        LinuxResources.DEFAULT
            .withMemory(LinuxMemory.DEFAULT.withLimit(64L << 20).withReservation(32L << 20))
            .withCpu(LinuxCpu.DEFAULT.withShares(2048L).withQuota(50_000L).withPeriod(200_000L))
            .withPids(LinuxPids.DEFAULT.withLimit(5L))
            .withUnified(Map.of("memory.high", "62914560"));
    Spec spec = Specs.withLinux(sleeping(guest.newRoot()), linux -> linux.withResources(resources));
    try (GuestContainer container = GuestContainer.start(guest, spec)) {
      String files =
          "cd /proc/1/root/sys/fs/cgroup/containers/"
              + container.id()
              + "; cat memory.max memory.low memory.high cpu.max cpu.weight pids.max";
      assertEquals("67108864\n33554432\n62914560\n50000 200000\n79\n5\n", inspector.output(files));
      // Inside, this cgroup is the root of all.
      assertEquals(
          "0::/\n67108864\n", container.output("cat /proc/self/cgroup /sys/fs/cgroup/memory.max"));
      ProcessResult forks = container.run("sh", "-c", "for i in 1 2 3 4 5 6; do sleep 9 & done");
      assertTrue(forks.errors().contains("can't fork"), forks.errors());
      var stats =
          guest
              .connection()
              .call(
                  AgentService.STATS_CONTAINER,
                  StatsContainerRequest.DEFAULT.withContainerId(container.id()))
              .cgroupStats();
      assertEquals(64L << 20, stats.memoryStats().usage().limit());
      assertTrue(stats.memoryStats().usage().usage() > 0);
      assertEquals(5, stats.pidsStats().limit());
      LinuxResources update =
          LinuxResources.DEFAULT
              .withMemory(LinuxMemory.DEFAULT.withLimit(96L << 20))
              .withPids(LinuxPids.DEFAULT.withLimit(-1L));
      guest
          .connection()
          .call(
              AgentService.UPDATE_CONTAINER,
              UpdateContainerRequest.DEFAULT.withContainerId(container.id()).withResources(update));
      assertEquals(
          "100663296\n33554432\n62914560\n50000 200000\n79\nmax\n", inspector.output(files));
    }
  }

  @Test
  void leavesNoZombies(Guest guest, Inspector inspector) throws Exception {
    Spec spec = Specs.withoutNamespace(sleeping(guest.newRoot()), "pid");
    try (GuestContainer container = GuestContainer.start(guest, spec)) {
      // Their parent ends first, so they become children of the agent.
      container.output("for i in 1 2 3 4 5 6 7 8; do sh -c 'exec sleep 0.2' & done");
      container.output("for i in 1 2 3 4 5 6 7 8; do (exit 3) & done");
      container.output("sleep 0.5");
      assertEquals("0\n", inspector.output("cat /proc/[0-9]*/status | grep -c 'State:.Z'; true"));
    }
  }

  @Test
  void addedProcessesBehave(Guest guest) throws Exception {
    try (GuestContainer container = GuestContainer.sleeping(guest)) {
      assertEquals(42, container.run("sh", "-c", "exit 42").code());
      assertEquals(KILLED, container.run("sh", "-c", "kill -KILL $$").code());
      // Standard input: bytes, then its end.
      GuestProcess cat = container.exec(Specs.process("cat"));
      cat.write("one\n");
      assertEquals("one\n", cat.readUntil("\n"));
      cat.write("two");
      cat.closeInput();
      assertEquals("two", cat.finish().succeeds().output());
      // Two who wait, and one who asks when all is over.
      GuestProcess sleeper = container.exec(Specs.process("sleep", "99999"));
      GuestProcess untouched = container.exec(Specs.process("sleep", "88888"));
      var first = sleeper.sendWait();
      var second = sleeper.sendWait();
      sleeper.signal(SIGTERM);
      assertEquals(143, AgentConnection.await("the first", first).status());
      assertEquals(143, AgentConnection.await("the second", second).status());
      assertEquals(143, sleeper.awaitExit());
      assertEquals("sleep 88888\n", container.output("ps -o args | grep '^sleep 8'"));
      sleeper.signal(SIGKILL);
      // The outcome of a start that fails.
      RpcException missing = container.execRefused(Specs.process("no-such-program"));
      assertTrue(missing.getMessage().contains("executable file not found"), missing.getMessage());
      RpcException directory = container.execRefused(Specs.process("/etc"));
      assertTrue(directory.getMessage().contains("permission denied"), directory.getMessage());
      // All of them, the first one included.
      guest
          .connection()
          .call(
              AgentService.SIGNAL_PROCESS,
              SignalProcessRequest.DEFAULT.withContainerId(container.id()).withSignal(SIGKILL));
      assertEquals(KILLED, untouched.awaitExit());
      assertEquals(KILLED, container.init().awaitExit());
      RpcException late = container.execRefused(Specs.process("true"));
      assertTrue(late.getMessage().contains("is not running"), late.getMessage());
    }
  }

  @Test
  void terminalsHaveASizeAndAnEnd(Guest guest) throws Exception {
    Process shell =
        Specs.process("sh")
            .withTerminal(true)
            .withConsoleSize(Box.DEFAULT.withHeight(11).withWidth(22));
    Spec spec = Specs.of(guest.newRoot()).withProcess(shell);
    try (GuestContainer container = GuestContainer.start(guest, spec)) {
      for (GuestProcess process : List.of(container.exec(shell), container.init())) {
        process.write("tty; stty size; echo er''ror >&2; echo e''nd\n");
        String output = process.readUntil("end\r\n");
        assertTrue(output.contains("11 22\r\n"), output);
        assertTrue(output.contains("error\r\n"), output);
        assertTrue(
            output.contains(process.id().equals(container.id()) ? "/dev/pts/0" : "/dev/pts/1"),
            output);
        process.resize(33, 44);
        process.write("stty size; echo e''nd\n");
        output = process.readUntil("end\r\n");
        assertTrue(output.contains("33 44\r\n"), output);
        // A terminal has one output, and its end is a character.
        assertArrayEquals(
            new byte[0],
            AgentConnection.await("ReadStderr", process.sendRead(AgentService.READ_STDERR, 1))
                .data());
        process.write("exit 7\n");
        assertEquals(7, process.finish().code());
      }
    }
  }

  @Test
  void aRunningContainerIsRemoved(Guest guest, Inspector inspector) throws Exception {
    Spec spec =
        Specs.of(guest.newRoot(), "sh", "-c", "trap '' TERM INT; while true; do sleep 9; done");
    GuestContainer container = GuestContainer.start(guest, spec);
    GuestProcess added = container.exec(Specs.process("sh", "-c", "sleep 77777 & sleep 66666"));
    var exit = added.sendWait();
    container.remove();
    assertEquals(KILLED, AgentConnection.await("WaitProcess", exit).status());
    assertEquals("", inspector.output("ps -o args | grep -E '^sleep (7|6|9)'; true"));
    RpcException gone =
        guest
            .connection()
            .refused(
                AgentService.REMOVE_CONTAINER,
                RemoveContainerRequest.DEFAULT.withContainerId(container.id()));
    assertEquals(Code.NOT_FOUND, gone.code());
    // One that never started goes as well.
    GuestContainer.create(guest, spec).close();
  }

  private static void assertRefused(Guest guest, Spec spec, String words) throws RpcException {
    RpcException refusal = GuestContainer.refused(guest, spec);
    assertTrue(refusal.getMessage().contains(words), words + ": " + refusal.getMessage());
    assertTrue(
        Set.of(Code.INVALID_ARGUMENT, Code.INTERNAL).contains(refusal.code()),
        refusal.code().toString());
    guest.connection().call(Health.CHECK, CheckRequest.DEFAULT);
  }

  @Test
  void idsThatAreNoNamesAreRefused(Guest guest) throws Exception {
    Spec spec = sleeping(guest.newRoot());
    for (String id :
        List.of("", ".", "..", "../x", "a/b", "/", "a\0b", "a\nb", "ü", "x".repeat(129))) {
      RpcException refusal =
          guest
              .connection()
              .refused(
                  AgentService.CREATE_CONTAINER,
                  CreateContainerRequest.DEFAULT.withContainerId(id).withExecId("x").withOci(spec));
      assertEquals(Code.INVALID_ARGUMENT, refusal.code(), id);
      assertTrue(refusal.getMessage().contains("is no container id"), refusal.getMessage());
    }
  }

  @Test
  void pathsLeadNowhereButBelowTheRoot(Guest guest, Inspector inspector) throws Exception {
    Guest.Root root = guest.newRoot();
    Path host = root.onHost();
    Files.delete(host.resolve("dev"));
    Files.delete(host.resolve("etc/passwd"));
    Files.createSymbolicLink(host.resolve("dev"), Path.of("/../../../../tmp/evil"));
    Files.createSymbolicLink(host.resolve("etc/passwd"), Path.of("/../../../init"));
    Files.createSymbolicLink(host.resolve("out"), Path.of("../../../../../../var/lib"));
    Files.createSymbolicLink(host.resolve("loop"), Path.of("loop"));
    Set<String> before = names(host.getParent());
    String guestFiles = inspector.output("find /proc/1/root/tmp /proc/1/root/run -xdev");
    Spec spec =
        Specs.withLinux(
            Specs.withMounts(
                Specs.of(root, "sh", "-c", "cat /tmp/evil/null && ls /tmp/evil | head -1"),
                Specs.mount("tmpfs", "tmpfs", "/out/x", "mode=777")),
            linux -> linux.withDevices(List.of(device("/out/../../device", "c", 1, 3))));
    ProcessResult result = GuestContainer.run(guest, spec);
    assertEquals("core\n", result.succeeds().output());
    assertTrue(Files.isDirectory(host.resolve("tmp/evil")));
    assertTrue(Files.isDirectory(host.resolve("var/lib/x")));
    assertEquals(before, names(host.getParent()));
    assertEquals(guestFiles, inspector.output("find /proc/1/root/tmp /proc/1/root/run -xdev"));
    assertRefused(
        guest,
        Specs.withMounts(spec, Specs.mount("tmpfs", "tmpfs", "/loop/x")),
        "Symbolic link loop");
    Files.delete(host.resolve("proc"));
    Files.createSymbolicLink(host.resolve("proc"), Path.of("/tmp"));
    assertRefused(guest, spec, "has to be a directory");
  }

  private static Set<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(Path::toString).collect(Collectors.toCollection(TreeSet::new));
    }
  }

  @Test
  void whatCannotBeIsRefusedInASentence(Guest guest) throws Exception {
    Spec good = sleeping(guest.newRoot());
    long huge = 1L << 40;
    Map<String, Spec> refusals = new LinkedHashMap<>();
    refusals.put("'relative' is not absolute", Specs.withMounts(good, mountOn("relative")));
    refusals.put("'../up' is not absolute", Specs.withMounts(good, mountOn("../up")));
    refusals.put("the root itself", Specs.withMounts(good, mountOn("/../")));
    refusals.put("part of /proc", Specs.withMounts(good, mountOn("/proc/sys/../self/attr")));
    refusals.put("unknownfs", Specs.withMounts(good, Specs.mount("unknownfs", "none", "/mnt")));
    refusals.put("nonsense", Specs.withMounts(good, Specs.mount("tmpfs", "x", "/mnt", "nonsense")));
    refusals.put("/no/source", Specs.withMounts(good, Specs.bind("/no/source", "/mnt")));
    refusals.put("sideways", withLinux(good, linux -> linux.withRootfsPropagation("sideways")));
    refusals.put("names no file", withDevice(good, device("/dev/..", "c", 1, 3)));
    refusals.put("'dev/x' is not absolute", withDevice(good, device("dev/x", "c", 1, 3)));
    refusals.put("unknown type 'x'", withDevice(good, device("/dev/x", "x", 1, 3)));
    refusals.put("'/dev/big'", withDevice(good, device("/dev/big", "c", 1, 3).withMajor(huge)));
    refusals.put(
        "'/dev/negative'", withDevice(good, device("/dev/negative", "c", 1, 3).withMinor(-1)));
    refusals.put(
        "../../etc/x", withLinux(good, linux -> linux.withSysctl(Map.of("../../etc/x", "1"))));
    refusals.put(
        "kernel.nothing",
        withLinux(good, linux -> linux.withSysctl(Map.of("kernel.nothing", "1"))));
    refusals.put("cgroup.procs", withUnified(good, "cgroup.procs", "1"));
    refusals.put("cgroup.freeze", withUnified(good, "cgroup.freeze", "1"));
    refusals.put("'../memory.max'", withUnified(good, "../memory.max", "1"));
    refusals.put(
        "memory.max",
        withLinux(
            good,
            linux ->
                linux.withResources(
                    LinuxResources.DEFAULT.withUnified(Map.of("memory.max", "a lot")))));
    refusals.put(
        "RLIMIT_NOTHING",
        withProcess(good, p -> p.withRlimits(List.of(limit("RLIMIT_NOTHING", 1, 1)))));
    refusals.put(
        "RLIMIT_CORE", withProcess(good, p -> p.withRlimits(List.of(limit("RLIMIT_CORE", 2, 1)))));
    refusals.put("process.user.uid", withProcess(good, p -> p.withUser(User.DEFAULT.withUid(-1))));
    refusals.put("process.user.gid", withProcess(good, p -> p.withUser(User.DEFAULT.withGid(-1))));
    refusals.put("oom_score_adj", withProcess(good, p -> p.withOomScoreAdj(huge)));
    refusals.put(
        "working directory '/bin/busybox/x'", withProcess(good, p -> p.withCwd("/bin/busybox/x")));
    refusals.put("process.cwd is 'x'", withProcess(good, p -> p.withCwd("x")));
    refusals.put("zero byte", withProcess(good, p -> p.withArgs(List.of("sh", "a\0b"))));
    refusals.put("sethostname", good.withHostname("h".repeat(65)));
    refusals.put(
        "SCMP_ACT_NOTIFY", filtered(good, "SCMP_ACT_ALLOW", rule("SCMP_ACT_NOTIFY", "mkdir")));
    refusals.put(
        "argument 6",
        filtered(
            good,
            "SCMP_ACT_ALLOW",
            rule("SCMP_ACT_ERRNO", "mkdir")
                .withArgs(List.of(LinuxSeccompArg.DEFAULT.withIndex(6).withOp("SCMP_CMP_EQ")))));
    List<String> wrong = new ArrayList<>();
    for (Map.Entry<String, Spec> refusal : refusals.entrySet()) {
      try {
        assertRefused(guest, refusal.getValue(), refusal.getKey());
      } catch (AssertionError e) {
        wrong.add(refusal.getKey() + ": " + e.getMessage());
      }
    }
    assertEquals(List.of(), wrong);
  }

  private static Mount mountOn(String destination) {
    return Specs.mount("tmpfs", "tmpfs", destination);
  }

  private static Spec withLinux(Spec spec, UnaryOperator<Linux> change) {
    return Specs.withLinux(spec, change);
  }

  private static Spec withProcess(Spec spec, UnaryOperator<Process> change) {
    return Specs.withProcess(spec, change);
  }

  private static Spec withDevice(Spec spec, LinuxDevice device) {
    return Specs.withLinux(spec, linux -> linux.withDevices(List.of(device)));
  }

  private static Spec withUnified(Spec spec, String file, String value) {
    return Specs.withLinux(
        spec,
        linux -> linux.withResources(LinuxResources.DEFAULT.withUnified(Map.of(file, value))));
  }
}

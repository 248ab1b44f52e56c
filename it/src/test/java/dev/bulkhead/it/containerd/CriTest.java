package dev.bulkhead.it.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.it.Command;
import dev.bulkhead.it.LeavesNothing;
import dev.bulkhead.it.LoopDevice;
import dev.bulkhead.it.cri.ContainerRequest;
import dev.bulkhead.it.cri.ContainerState;
import dev.bulkhead.it.cri.ContainerStats;
import dev.bulkhead.it.cri.Device;
import dev.bulkhead.it.cri.ExecSyncResponse;
import dev.bulkhead.it.cri.LinuxContainerResources;
import dev.bulkhead.it.cri.LinuxPodSandboxStats;
import dev.bulkhead.it.cri.Mount;
import dev.bulkhead.it.cri.NamespaceMode;
import dev.bulkhead.it.cri.Nothing;
import dev.bulkhead.it.cri.PodSandbox;
import dev.bulkhead.it.cri.PodSandboxRequest;
import dev.bulkhead.it.cri.PodSandboxState;
import dev.bulkhead.it.cri.RuntimeService;
import dev.bulkhead.it.cri.UpdateContainerResourcesRequest;
import dev.bulkhead.it.files.KubeletVolume;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kubernetes' way: containerd's CRI plugin runs pods by the shim, in a network of CNI's. */
@ExtendWith(LeavesNothing.class)
final class CriTest {
  private static final String[] UNTIL_TERM = {
    "sh", "-c", "trap 'exit 5' TERM; echo up; echo bad >&2; while true; do sleep 0.1; done"
  };
  private static final String[] DEAF = {"sleep", "1000000"};
  private static final long MIB = 1 << 20;

  private static Containerd containerd;
  private static CriClient client;

  @BeforeAll
  static void start() {
    containerd = Containerd.startForPods();
    client = new CriClient(containerd.socket());
  }

  @AfterAll
  static void stop() {
    client.close();
    containerd.close();
  }

  @AfterEach
  void nothingIsLeftInTheRunDirectory() {
    // A test that failed half-way must not fail the others.
    for (PodSandbox pod : client.call(RuntimeService.LIST_POD_SANDBOX, Nothing.DEFAULT).items()) {
      client.call(RuntimeService.STOP_POD_SANDBOX, new PodSandboxRequest(pod.id()));
      client.call(RuntimeService.REMOVE_POD_SANDBOX, new PodSandboxRequest(pod.id()));
    }
    assertEquals("", containerd.left());
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void restart() throws IOException {
    containerd.restart();
    Containerd.await("the service for kubelet", CriTest::isServing);
  }

  private static boolean isServing() {
    try {
      client.call(RuntimeService.LIST_POD_SANDBOX, Nothing.DEFAULT);
      return true;
    } catch (StatusRuntimeException e) {
      // It listens before it is ready.
      return false;
    }
  }

  /** Does things at once and answers what came of them, in their order. */
  private static <T> List<T> together(List<Callable<T>> tasks) throws Exception {
    List<T> results = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<T> future : executor.invokeAll(tasks)) {
        results.add(future.get());
      }
    }
    return results;
  }

  /** As of a raw block volume, into a pod that runs already, and out of it again. */
  @Test
  void blockDevicesComeAndGoWithTheirContainers(@TempDir Path scratch) {
    try (CriPod pod = CriPod.run(client, "disks")) {
      try (LoopDevice loop = LoopDevice.make(scratch, "volume", 8)) {
        Device device = new Device("/dev/xvda", loop.path(), "rwm");
        for (String name : List.of("first", "second")) {
          String container = pod.startWith(device, name, UNTIL_TERM);
          pod.output(
              container, "sh", "-c", "echo " + name + " | dd of=/dev/xvda conv=notrunc,fsync");
          assertEquals(name, loop.read(0, name.length()));
          pod.stop(container, 0);
          pod.remove(container);
        }
      }
      String other = pod.start("other", UNTIL_TERM);
      assertEquals("", pod.output(other, "sh", "-c", "ls /sys/block | grep vd || true"));
    }
  }

  @Test
  void aPodLivesItsLife() throws Exception {
    try (CriPod pod = CriPod.run(client, "life")) {
      assertEquals(PodSandboxState.SANDBOX_READY, pod.status().state());
      List<String> pair =
          together(
              List.of(
                  () -> pod.start("one", UNTIL_TERM),
                  () -> pod.start("web", "sh", "-c", "echo page >/index.html; httpd -f -p 80")));
      String one = pair.getFirst();
      String web = pair.getLast();
      assertEquals(1, Containerd.processes("qemu-system-x86").size());
      assertEquals(1, Containerd.processes("bulkhead-shim").size());
      sharesWhatPodsShare(pod, one, web);
      ExecSyncResponse failed = pod.exec(one, "sh", "-c", "echo out; echo err >&2; exit 7");
      assertEquals("out\n", text(failed.stdout()));
      assertEquals("err\n", text(failed.stderr()));
      assertEquals(7, failed.exitCode());
      Containerd.await("the log", () -> pod.log("one").lines().count() == 2);
      assertTrue(pod.log("one").contains(" stdout F up\n"), pod.log("one"));
      assertTrue(pod.log("one").contains(" stderr F bad\n"), pod.log("one"));
      tellsWhatIsUsed(pod, one);
      update(pod, one);

      restart();
      assertEquals(PodSandboxState.SANDBOX_READY, pod.status().state());
      assertEquals(ContainerState.CONTAINER_RUNNING, pod.status(one).state());
      assertEquals("again\n", pod.output(one, "echo", "again"));

      pod.stop(one, 30);
      pod.awaitExit(one, 5);
      pod.stop(web, 1);
      pod.awaitExit(web, 137);
      pod.remove(one);
      String next = pod.start("one", UNTIL_TERM);
      assertEquals("next\n", pod.output(next, "echo", "next"));
      assertThrows(StatusRuntimeException.class, () -> pod.exec(web, "true"));
      String hungry = pod.startLimited("hungry", 16 * MIB, "tail", "/dev/zero");
      pod.awaitExit(hungry, 137);
      Containerd.await("why", () -> pod.status(hungry).reason().equals("OOMKilled"));
      String none = pod.create("none", "nosuch");
      String reason =
          assertThrows(
                  StatusRuntimeException.class,
                  () -> client.call(RuntimeService.START_CONTAINER, new ContainerRequest(none)))
              .getMessage();
      assertTrue(reason.contains("executable file not found in $PATH"), reason);
    }
    // It ends behind its last answer.
    Containerd.await("the shim's end", () -> Containerd.processes("bulkhead-shim").isEmpty());
  }

  private static void sharesWhatPodsShare(CriPod pod, String one, String web) {
    assertEquals("life\n", pod.output(one, "hostname"));
    Containerd.await(
        "the server",
        () -> pod.exec(one, "sh", "-c", "wget -qO- http://127.0.0.1/ | grep page").exitCode() == 0);
    containerd
        .inside("curl", "-sS", "http://" + pod.status().network().ip() + "/")
        .run()
        .succeeds();
    pod.output(one, "sh", "-c", "echo shared >/dev/shm/file");
    assertEquals("shared\n", pod.output(web, "cat", "/dev/shm/file"));
    assertEquals(
        pod.output(one, "readlink", "/proc/self/ns/ipc"),
        pod.output(web, "readlink", "/proc/self/ns/ipc"));
    assertNotEquals(
        pod.output(one, "readlink", "/proc/1/ns/pid"),
        pod.output(web, "readlink", "/proc/1/ns/pid"));
    assertEquals("nothing\n", pod.output(web, "sh", "-c", "cat /only-in-one || echo nothing"));
  }

  private static void tellsWhatIsUsed(CriPod pod, String container) {
    ContainerStats stats =
        client.call(RuntimeService.CONTAINER_STATS, new ContainerRequest(container)).stats();
    assertTrue(stats.cpu().usageCoreNanoSeconds().value() > 0, stats.toString());
    assertTrue(stats.memory().workingSetBytes().value() > 0, stats.toString());
    LinuxPodSandboxStats all =
        client.call(RuntimeService.POD_SANDBOX_STATS, pod.request()).stats().linux();
    // The machine is in the pod's cgroup: its containers take some 2 MiB each.
    assertTrue(all.memory().workingSetBytes().value() > 20 * MIB, all.toString());
    assertTrue(all.cpu().usageCoreNanoSeconds().value() > 100_000_000, all.toString());
    assertEquals("eth0", all.network().defaultInterface().name());
    assertTrue(all.network().defaultInterface().rxBytes().value() > 0, all.toString());
    assertEquals(2, all.containers().size());
  }

  private static void update(CriPod pod, String container) {
    client.call(
        RuntimeService.UPDATE_CONTAINER_RESOURCES,
        new UpdateContainerResourcesRequest(
            container,
            LinuxContainerResources.DEFAULT
                .withMemoryLimitInBytes(40 * MIB)
                .withCpuPeriod(100_000)
                .withCpuQuota(50_000)));
    assertEquals(
        40 * MIB + "\n50000 100000\n",
        pod.output(container, "cat", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/cpu.max"));
  }

  @Test
  void containersOfAPodShareTheirProcessesOnRequest() {
    try (CriPod pod =
        CriPod.run(client, "shared", new CriPod.Wish("bulkhead", NamespaceMode.POD, Map.of()))) {
      String one =
          pod.start("one", "sh", "-c", "trap 'exit 6' USR1; while true; do sleep 0.1; done");
      String two = pod.start("two", DEAF);
      String all = pod.output(two, "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '");
      assertTrue(all.contains("sh -c trap"), all);
      assertTrue(all.contains(String.join(" ", DEAF)), all);
      assertFalse(all.contains(Containerd.PAUSE), "the pod's own container has no process: " + all);
      pod.output(
          two,
          "sh",
          "-c",
          "grep -l '[t]rap' /proc/[0-9]*/cmdline | cut -d/ -f3 | xargs kill -USR1");
      pod.awaitExit(one, 6);
      // The first process of one ended, and those of the other go on.
      assertEquals("still\n", pod.output(two, "echo", "still"));
      pod.stop(two, 0);
      pod.awaitExit(two, 137);
    }
  }

  /** As kubelet makes them: emptyDirs of both kinds that two containers share, and a ConfigMap. */
  @ParameterizedTest
  @ValueSource(strings = {"bulkhead", Containerd.VIRTIO_FS})
  void containersOfAPodShareItsVolumes(String handler, @TempDir Path scratch) throws Exception {
    Path volumes = scratch.resolve("volumes");
    Path disk = Files.createDirectories(volumes.resolve("kubernetes.io~empty-dir/disk"));
    Path config = Files.createDirectories(volumes.resolve("kubernetes.io~configmap/config"));
    KubeletVolume kubelet = new KubeletVolume(config);
    kubelet.write(1, Map.of("key", "one\n"));
    Path memory = Files.createDirectories(volumes.resolve("kubernetes.io~empty-dir/memory"));
    containerd
        .inside("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", memory.toString())
        .run()
        .succeeds();
    try (CriPod pod =
        CriPod.run(
            client, "volumes", new CriPod.Wish(handler, NamespaceMode.CONTAINER, Map.of()))) {
      List<Mount> mounts =
          List.of(
              new Mount("/disk", disk.toString(), false),
              new Mount("/memory", memory.toString(), false),
              new Mount("/config", config.toString(), true));
      String writer = pod.startWith(mounts, "writer", DEAF);
      String reader = pod.startWith(mounts, "reader", DEAF);
      for (String place : List.of("/disk", "/memory")) {
        pod.output(writer, "sh", "-c", "echo of-$HOSTNAME > " + place + "/file");
        assertEquals("of-volumes\n", pod.output(reader, "cat", place + "/file"));
      }
      assertEquals("of-volumes\n", Files.readString(disk.resolve("file")));
      assertNotEquals(
          0,
          pod.exec(reader, "dd", "if=/dev/zero", "of=/memory/fill", "bs=64k", "count=64")
              .exitCode());
      kubelet.write(2, Map.of("key", "two\n"));
      for (String container : List.of(writer, reader)) {
        pod.output(container, "sh", "-c", "until grep -q two /config/key; do sleep 0.1; done");
      }
      assertNoDeviceCanBeOpened(
          handler.equals(Containerd.VIRTIO_FS) ? "virtiofsd" : "qemu-system-x86");
    }
    containerd.inside("umount", memory.toString()).run().succeeds();
  }

  /** Who serves the files, taken over by a guest, could make the node of a disk among them. */
  private static void assertNoDeviceCanBeOpened(String server) throws IOException {
    int found = 0;
    for (String line :
        Files.readAllLines(
            Path.of("/proc", Containerd.processes(server).getFirst().toString(), "mountinfo"))) {
      String[] fields = line.split(" ", -1);
      if (fields[4].contains("/containers/")) {
        found++;
        assertTrue(List.of(fields[5].split(",", -1)).contains("nodev"), line);
      }
    }
    assertTrue(found > 0, "nothing is shared");
  }

  /** A pod whose files nobody serves any more is no pod: it ends, and says why. */
  @Test
  void aPodEndsWithItsFileServer() {
    try (CriPod pod =
        CriPod.run(
            client,
            "serverless",
            new CriPod.Wish(Containerd.VIRTIO_FS, NamespaceMode.CONTAINER, Map.of()))) {
      String container = pod.start("main", DEAF);
      for (long server : Containerd.processes("virtiofsd")) {
        ProcessHandle.of(server).ifPresent(ProcessHandle::destroyForcibly);
      }
      pod.awaitExit(container, 137);
      Containerd.await(
          "the pod's end", () -> pod.status().state() == PodSandboxState.SANDBOX_NOTREADY);
    }
  }

  /** By RuntimeClass, by the annotation of old, and by default. */
  @Test
  void podsGetTheRuntimeThatTheyAskFor() throws IOException {
    String host = Files.readString(Path.of("/proc/sys/kernel/osrelease"));
    Map<String, String> untrusted = Map.of("io.kubernetes.cri.untrusted-workload", "true");
    assertEquals(host, kernel("", Map.of()));
    assertNotEquals(host, kernel("", untrusted));
    containerd.install("--default");
    restart();
    assertNotEquals(host, kernel("", Map.of()));
  }

  private static String kernel(String handler, Map<String, String> annotations) {
    try (CriPod pod =
        CriPod.run(
            client, "kernel", new CriPod.Wish(handler, NamespaceMode.CONTAINER, annotations))) {
      return pod.output(pod.start("main", DEAF), "cat", "/proc/sys/kernel/osrelease");
    }
  }

  @Test
  void tenPodsAtOnce() throws Exception {
    List<CriPod> pods =
        together(
            IntStream.range(0, 10)
                .<Callable<CriPod>>mapToObj(i -> () -> CriPod.run(client, "many-" + i))
                .toList());
    List<String> shown =
        together(
            pods.stream()
                .<Callable<String>>map(
                    pod ->
                        () -> {
                          String container = pod.start("main", UNTIL_TERM);
                          return pod.output(container, "hostname");
                        })
                .toList());
    assertEquals(IntStream.range(0, 10).mapToObj(i -> "many-" + i + "\n").toList(), shown);
    assertEquals(10, pods.stream().map(pod -> pod.status().network().ip()).distinct().count());
    together(
        pods.stream()
            .<Callable<Void>>map(
                pod ->
                    () -> {
                      pod.close();
                      return null;
                    })
            .toList());
  }

  @Test
  void aHundredRoundsLeaveNothingAndNothingGrows() throws IOException {
    try (CriPod pod = CriPod.run(client, "rounds")) {
      String watcher = pod.start("watcher", DEAF);
      long shim = Containerd.processes("bulkhead-shim").getFirst();
      awaitMemory(shim, 4);
      rounds(pod, 10);
      long files = descriptors(shim);
      long free = guestFreeKib(pod, watcher);
      rounds(pod, 100);
      assertEquals(files, descriptors(shim));
      long lost = free - guestFreeKib(pod, watcher);
      assertTrue(lost < 8 << 10, lost + " KiB of the guest are gone");
      for (int i = 1; i < 10; i++) {
        pod.start("ten-" + i, DEAF);
      }
      awaitMemory(shim, 5);
    }
  }

  /** Two at a time, each with a container. */
  @Test
  void aHundredPodsLeaveNothingAndNothingGrows() throws Exception {
    podRounds(4);
    Traces before = traces();
    podRounds(50);
    try {
      Containerd.await("that nothing is left", () -> traces().files().equals(before.files()));
    } catch (IllegalStateException e) {
      assertEquals(before.files(), traces().files(), e.getMessage());
    }
    Traces after = traces();
    // What containerd itself opens comes and goes, but a hundred of anything would show.
    assertTrue(after.descriptors() < before.descriptors() + 20, before + " became " + after);
    assertTrue(after.runKib() < before.runKib() + (2 << 10), before + " became " + after);
  }

  private static void podRounds(int rounds) throws Exception {
    together(
        Stream.of("left", "right")
            .<Callable<Void>>map(
                name ->
                    () -> {
                      for (int i = 0; i < rounds; i++) {
                        try (CriPod pod = CriPod.run(client, name)) {
                          pod.start("main", UNTIL_TERM);
                        }
                      }
                      return null;
                    })
            .toList());
  }

  /**
   * What pods could leave that the next test does not see.
   *
   * @param descriptors of containerd
   * @param runKib how much of /run is used
   * @param files of Bulkhead, mounts of containerd and its namespaces of networks
   */
  private record Traces(long descriptors, long runKib, String files) {}

  private static Traces traces() {
    // What a dead sandbox had lent the next one takes away.
    String files =
        "find /run/bulkhead -path '*/.lent/*' -prune -o -print | sort;"
            + " find /var/lib/bulkhead/log /var/lib/bulkhead/tmp /run/containerd/s"
            + " /run/netns 2>/dev/null | sort; wc -l </proc/self/mounts; find /sys/fs/cgroup -type d"
            + " -path '*bulkhead*' | sort";
    try {
      return new Traces(
          descriptors(containerd.pid()),
          Long.parseLong(
              containerd
                  .inside("sh", "-c", "df -k --output=used /run | tail -1")
                  .run()
                  .succeeds()
                  .output()
                  .trim()),
          containerd.inside("sh", "-c", files).run().succeeds().output());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Awaits that a shim has come to rest with this memory at most. */
  private static void awaitMemory(long shim, int mib) {
    long[] last = new long[1];
    Containerd.await(
        "a shim of " + mib + " MiB",
        () -> {
          last[0] = memoryKib(shim);
          return last[0] <= mib << 10;
        });
    System.out.println("a shim at rest: " + last[0] + " KiB");
  }

  private static void rounds(CriPod pod, int count) {
    for (int i = 0; i < count; i++) {
      String container = pod.start("round", UNTIL_TERM);
      pod.stop(container, 0);
      pod.remove(container);
    }
  }

  private static long descriptors(long process) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/" + process + "/fd"))) {
      return files.count();
    }
  }

  /** The proportional set size. */
  private static long memoryKib(long process) {
    String line =
        Command.of("grep", "^Pss:", "/proc/" + process + "/smaps_rollup").run().succeeds().output();
    return Long.parseLong(line.replaceAll("\\D", ""));
  }

  private static long guestFreeKib(CriPod pod, String container) {
    return Long.parseLong(
        pod.output(container, "sh", "-c", "grep MemAvailable /proc/meminfo").replaceAll("\\D", ""));
  }

  @Test
  void whatDiesIsToldAndLeavesNothing() throws Exception {
    List<CriPod> pods =
        together(
            List.of(
                () -> CriPod.run(client, "hung"),
                () -> CriPod.run(client, "lost"),
                () -> CriPod.run(client, "orphan"),
                () -> CriPod.run(client, "deaf")));
    CriPod hung = pods.get(0);
    CriPod lost = pods.get(1);
    CriPod orphan = pods.get(2);
    CriPod deaf = pods.get(3);
    List<String> containers = new ArrayList<>();
    for (CriPod pod : pods) {
      containers.add(pod.start("main", UNTIL_TERM));
    }
    try (hung;
        lost;
        orphan;
        deaf) {
      halt(process("qemu-system-x86", hung));

      // Of one that does not even do what kills, that is known sooner.
      halt(process("qemu-system-x86", deaf));
      deaf.stop(containers.get(3), 0);
      deaf.awaitExit(containers.get(3), 137);
      assertTrue(containerd.logged().contains("not answered for 5 s"), "a sentence in the log");

      kill(process("qemu-system-x86", lost));
      lost.awaitExit(containers.get(1), 137);
      // Its end is told by an event of its own.
      Containerd.await(
          "the end of the lost pod",
          () -> lost.status().state() == PodSandboxState.SANDBOX_NOTREADY);

      kill(process("bulkhead-shim", orphan));
      Containerd.await(
          "the end of the orphan",
          () ->
              orphan.status(containers.get(2)).state() == ContainerState.CONTAINER_EXITED
                  && orphan.status().state() == PodSandboxState.SANDBOX_NOTREADY);

      assertEquals(ContainerState.CONTAINER_RUNNING, hung.status(containers.getFirst()).state());
      hung.awaitExit(containers.getFirst(), 137);
      assertTrue(containerd.logged().contains("is taken to hang"), "a sentence in the log");
    }
  }

  private static void halt(long process) {
    Command.of("kill", "-STOP", Long.toString(process)).run().succeeds();
  }

  private static void kill(long process) {
    ProcessHandle.of(process).orElseThrow().destroyForcibly();
  }

  /** The process of this name that a pod's cgroup has. */
  private static long process(String name, CriPod pod) throws IOException {
    List<Long> all = Containerd.processes(name);
    try (Stream<Path> cgroup = Files.walk(Path.of("/sys/fs/cgroup"), 5)) {
      List<Path> lists =
          cgroup
              .filter(path -> path.endsWith("cgroup.procs"))
              .filter(path -> path.toString().contains("/bulkhead/" + pod.name() + "/"))
              .toList();
      for (Path list : lists) {
        for (String line : Files.readAllLines(list)) {
          if (all.contains(Long.parseLong(line))) {
            return Long.parseLong(line);
          }
        }
      }
    }
    throw new IllegalStateException("no " + name + " in the cgroup of " + pod.name());
  }
}

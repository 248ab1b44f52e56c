package dev.bulkhead.it.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.CreateContainerRequest;
import dev.bulkhead.agentapi.DestroySandboxRequest;
import dev.bulkhead.agentapi.PreparationService;
import dev.bulkhead.agentapi.PrepareContainerRequest;
import dev.bulkhead.agentapi.RemoveContainerRequest;
import dev.bulkhead.agentapi.SetGuestDateTimeRequest;
import dev.bulkhead.agentapi.StartContainerRequest;
import dev.bulkhead.agentapi.WaitProcessRequest;
import dev.bulkhead.oci.Mount;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.RpcException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/**
 * Containers of what a guest has made before it knew them: like others, and only for their like.
 */
final class PreparationTest {
  /** In the year 2100. */
  private static final long LATER_SECONDS = 4_102_444_800L;

  /** All that could be different, without the numbers of mounts and of their file systems. */
  private static final String LOOK =
      "cut -d' ' -f4- /proc/self/mountinfo | sort; ls -lR /dev | sed -E 's/[A-Z][a-z]{2} +[0-9]+ +[0-9:]+ / /';"
          + " ls /proc/scsi /proc/keys /sys/fs/cgroup; hostname; cat /proc/1/cgroup; id; pwd;"
          + " ls /proc | grep -c '^[0-9]'; ls -l /proc/1/fd | sed 's/.*-> //; s/[0-9]*//g';"
          + " grep -E 'Cap|Umask|NoNew|Seccomp|NSpid' /proc/1/status; cat /proc/1/oom_score_adj;"
          + " touch /proc/sys/kernel/ostype /sys/x /dev/made 2>&1; ulimit -a";

  private static void prepare(Guest guest, Spec example) throws RpcException {
    guest
        .connection()
        .call(
            PreparationService.PREPARE_CONTAINER,
            PrepareContainerRequest.DEFAULT.withExample(example));
  }

  private static Guest prepared() throws RpcException {
    Guest guest = Guest.boot();
    try {
      prepare(guest, Specs.of(new Guest.Root(null, "/")));
      guest
          .connection()
          .call(
              AgentService.SET_GUEST_DATE_TIME,
              SetGuestDateTimeRequest.DEFAULT.withSec(LATER_SECONDS));
      guest.createSandbox();
      return guest;
    } catch (RpcException e) {
      guest.close();
      throw e;
    }
  }

  private static String output(GuestContainer container, String command) throws RpcException {
    return container.run("sh", "-c", command).succeeds().output();
  }

  /** What was prepared is of the time before that, by the guest's clock. */
  private static boolean isPrepared(GuestContainer container, String path) throws RpcException {
    return Long.parseLong(output(container, "stat -c %Z " + path).trim()) < LATER_SECONDS;
  }

  @Test
  void aContainerOfAPreparedOneIsAsAnyOther() throws Exception {
    try (Guest guest = prepared()) {
      Spec spec = Specs.of(guest.newRoot(), "sleep", "1000000");
      try (GuestContainer first = GuestContainer.start(guest, spec);
          GuestContainer second = GuestContainer.start(guest, spec)) {
        for (String path : List.of("/dev", "/dev/null", "/dev/pts", "/dev/mqueue", "/dev/shm")) {
          assertTrue(isPrepared(first, path), path);
        }
        assertFalse(isPrepared(second, "/dev/null"));
        assertEquals(output(second, LOOK), output(first, LOOK));
      }
    }
  }

  /** The guest's processes with a program, the cgroups of containers, what is mounted. */
  private static String leftovers(Guest guest) throws RpcException {
    Spec all = Specs.withoutNamespace(Specs.of(guest.newRoot(), "sleep", "1000000"), "pid");
    try (GuestContainer inspector = GuestContainer.start(guest, all)) {
      return inspector
          .run(
              Specs.privilegedProcess(
                  "sh",
                  "-c",
                  "for p in /proc/[0-9]*; do readlink $p/exe > /dev/null && cat $p/comm; done;"
                      + " find /proc/1/root/sys/fs/cgroup -mindepth 1 -maxdepth 2 -type d"
                      + " | grep -v '/c[0-9]*$'; cut -d' ' -f5 /proc/1/mountinfo"))
          .succeeds()
          .output();
    }
  }

  @Test
  void whatIsNotWantedIsEndedAndTakenAway() throws Exception {
    String without;
    try (Guest guest = Guest.withSandbox()) {
      without = leftovers(guest);
    }
    try (Guest guest = prepared()) {
      Spec other = Specs.withoutNamespace(Specs.of(guest.newRoot(), "sleep", "1000000"), "ipc");
      try (GuestContainer container = GuestContainer.start(guest, other)) {
        assertFalse(isPrepared(container, "/dev"));
      }
      // The first container took the first cgroup in the other guest.
      assertEquals(
          without.lines().filter(line -> !line.endsWith("/first-container")).toList(),
          leftovers(guest).lines().toList());
    }
  }

  @Test
  void aContainerThatWantsAnotherMountGetsIt() throws Exception {
    try (Guest guest = prepared()) {
      Guest.Root volume = guest.newVolume();
      Spec spec = Specs.of(guest.newRoot(), "sleep", "1000000").withHostname("");
      List<Mount> mounts = new ArrayList<>(spec.mounts());
      mounts.removeIf(mount -> mount.destination().equals("/dev/shm"));
      mounts.add(Specs.mount("tmpfs", "shm", "/dev/shm", "mode=1777", "size=3m"));
      mounts.add(Specs.bind(volume.inGuest(), "/dev/mqueue/", "rbind"));
      try (GuestContainer container = GuestContainer.start(guest, spec.withMounts(mounts))) {
        assertTrue(isPrepared(container, "/dev"));
        assertFalse(isPrepared(container, "/dev/shm"));
        assertEquals(
            "shm 3072\n/dev/mqueue\n/dev/mqueue\n/dev/shm\n",
            output(
                container,
                "df -k /dev/shm | awk 'NR > 1 {print $1, $2}';"
                    + " cut -d' ' -f5 /proc/self/mountinfo | grep -E 'shm|mqueue' | sort"));
        output(container, "echo seen > /dev/mqueue/file");
        assertTrue(Files.exists(volume.onHost().resolve("file")));
        assertEquals("(none)\n", output(container, "hostname"));
      }
    }
  }

  @Test
  void aProgramThatIsNotThereIsToldOfInTheSameWords() throws Exception {
    try (Guest guest = prepared()) {
      Guest.Root root = guest.newRoot();
      String first = GuestContainer.refused(guest, Specs.of(root, "missing")).getMessage();
      assertEquals(first, GuestContainer.refused(guest, Specs.of(root, "missing")).getMessage());
    }
  }

  @Test
  void isForOneContainerBetweenSandboxes() throws Exception {
    try (Guest guest = prepared()) {
      PrepareContainerRequest request =
          PrepareContainerRequest.DEFAULT.withExample(Specs.of(new Guest.Root(null, "/")));
      assertEquals(
          Code.FAILED_PRECONDITION,
          guest.connection().refused(PreparationService.PREPARE_CONTAINER, request).code());
      GuestContainer.run(guest, Specs.of(guest.newRoot(), "true")).succeeds();
      guest.connection().call(AgentService.DESTROY_SANDBOX, DestroySandboxRequest.DEFAULT);
      prepare(guest, request.example());
      assertEquals(
          Code.FAILED_PRECONDITION,
          guest.connection().refused(PreparationService.PREPARE_CONTAINER, request).code());
    }
  }

  /** Who needs no answer in between sends both requests at once; two starts are one too many. */
  @Test
  void aStartMayComeBeforeTheContainerIsMade() throws Exception {
    try (Guest guest = prepared()) {
      Spec spec = Specs.of(guest.newRoot(), "sh", "-c", "exit 7");
      for (String id : List.of("prepared", "from-nothing")) {
        var agent = guest.connection();
        var created =
            agent.send(
                AgentService.CREATE_CONTAINER,
                CreateContainerRequest.DEFAULT.withContainerId(id).withExecId(id).withOci(spec));
        StartContainerRequest start = StartContainerRequest.DEFAULT.withContainerId(id);
        var started = agent.send(AgentService.START_CONTAINER, start);
        var again = agent.send(AgentService.START_CONTAINER, start);
        created.get();
        started.get();
        assertThrows(ExecutionException.class, again::get);
        assertEquals(
            7,
            agent
                .call(
                    AgentService.WAIT_PROCESS,
                    WaitProcessRequest.DEFAULT.withContainerId(id).withExecId(id))
                .status());
        agent.call(
            AgentService.REMOVE_CONTAINER, RemoveContainerRequest.DEFAULT.withContainerId(id));
      }
    }
  }
}

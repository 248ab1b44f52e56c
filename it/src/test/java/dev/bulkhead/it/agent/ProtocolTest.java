package dev.bulkhead.it.agent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.agentapi.AgentDetails;
import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.CheckRequest;
import dev.bulkhead.agentapi.GuestDetailsRequest;
import dev.bulkhead.agentapi.Health;
import dev.bulkhead.agentapi.ServingStatus;
import dev.bulkhead.agentapi.VersionCheckResponse;
import dev.bulkhead.agentapi.WriteStreamRequest;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.protobuf.ProtoReader;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.Method;
import dev.bulkhead.ttrpc.RpcException;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The agent's port: what it answers, and what it makes of bytes that are no proper requests. */
@ExtendWith(GuestExtension.class)
final class ProtocolTest {
  private static final Set<String> IMPLEMENTED =
      Set.of(
          "CreateSandbox",
          "DestroySandbox",
          "CreateContainer",
          "StartContainer",
          "RemoveContainer",
          "ExecProcess",
          "SignalProcess",
          "WaitProcess",
          "ReadStdout",
          "ReadStderr",
          "WriteStdin",
          "CloseStdin",
          "TtyWinResize",
          "StatsContainer",
          "UpdateContainer",
          "PauseContainer",
          "ResumeContainer",
          "GetOOMEvent",
          "ReseedRandomDev",
          "SetGuestDateTime",
          "CopyFile",
          "GetVolumeStats",
          "ResizeVolume",
          "UpdateInterface",
          "UpdateRoutes",
          "ListInterfaces",
          "ListRoutes",
          "AddARPNeighbors",
          "GetIPTables",
          "SetIPTables",
          "GetGuestDetails");

  private static final byte[] CHECK = RawPort.call(Health.CHECK, CheckRequest.DEFAULT);

  @Test
  void tellsThatItServes(Guest guest) throws Exception {
    assertEquals(
        ServingStatus.SERVING,
        guest.connection().call(Health.CHECK, CheckRequest.DEFAULT).status());
  }

  @Test
  void tellsItsVersion(Guest guest) throws Exception {
    VersionCheckResponse version = guest.connection().call(Health.VERSION, CheckRequest.DEFAULT);
    assertEquals("0.0.1", version.grpcVersion());
    assertFalse(version.agentVersion().isEmpty());
    AgentDetails details =
        guest
            .connection()
            .call(AgentService.GET_GUEST_DETAILS, GuestDetailsRequest.DEFAULT)
            .agentDetails();
    assertEquals(version.agentVersion(), details.version());
    assertTrue(details.initDaemon());
    assertTrue(details.supportsSeccomp());
    assertTrue(details.storageHandlers().containsAll(List.of("9p", "virtio-fs", "ephemeral")));
  }

  @Test
  void tellsHowMemoryIsPluggedIn(Guest guest) throws Exception {
    var details =
        guest
            .connection()
            .call(
                AgentService.GET_GUEST_DETAILS,
                GuestDetailsRequest.DEFAULT.withMemBlockSize(true).withMemHotplugProbe(true));
    // x86-64 has sections of 128 MiB.
    assertEquals(128L << 20, details.memBlockSizeBytes());
  }

  @Test
  void everyOtherMethodIsUnimplemented(Guest guest) throws Exception {
    int others = 0;
    for (Method<?, ?> method : AgentService.METHODS) {
      if (!IMPLEMENTED.contains(method.name())) {
        RpcException refusal = refused(guest, method);
        assertEquals(Code.UNIMPLEMENTED, refusal.code(), method.toString());
        assertEquals(
            "grpc.AgentService/" + method.name() + " is not supported by this agent.",
            refusal.getMessage());
        others++;
      }
    }
    assertEquals(AgentService.METHODS.size() - IMPLEMENTED.size(), others);
  }

  private static <Q extends Message, R extends Message> RpcException refused(
      Guest guest, Method<Q, R> method) throws Exception {
    return guest
        .connection()
        .refused(method, method.request().decode(new ProtoReader(new byte[0])));
  }

  @Test
  void aMessageOfExactlyFourMebibytesPasses(Guest guest) throws Exception {
    try (GuestContainer container = GuestContainer.sleeping(guest)) {
      GuestProcess sum = container.exec(Specs.process("sha1sum"));
      byte[] data = new byte[RawPort.MAX_DATA_LENGTH - 1000];
      WriteStreamRequest request =
          WriteStreamRequest.DEFAULT
              .withContainerId(container.id())
              .withExecId(sum.id())
              .withData(data);
      int frameLength = RawPort.call(AgentService.WRITE_STDIN, request).length;
      data = new byte[data.length + RawPort.MAX_DATA_LENGTH + 10 - frameLength];
      new Random(1).nextBytes(data);
      WriteStreamRequest largest = request.withData(data);
      assertEquals(
          RawPort.MAX_DATA_LENGTH + 10, RawPort.call(AgentService.WRITE_STDIN, largest).length);

      int written = guest.connection().call(AgentService.WRITE_STDIN, largest).len();
      sum.closeInput();
      assertEquals(data.length, written);
      String expected =
          HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(data)) + "  -\n";
      assertEquals(expected, sum.finish().succeeds().output());
    }
  }

  @Test
  void aLargerFrameIsRefusedAndNothingElse(Guest guest) throws Exception {
    guest.raw(
        port -> {
          byte[] tooLarge = new byte[RawPort.MAX_DATA_LENGTH + 1];
          port.send(RawPort.frame(1, RawPort.REQUEST, 0, tooLarge));
          port.send(RawPort.withStream(CHECK, 3));
          RawPort.Answer refusal = port.receive();
          assertEquals(1, refusal.stream());
          assertEquals(Code.RESOURCE_EXHAUSTED.number(), refusal.code());
          assertTrue(refusal.message().contains("4 MiB"), refusal.message());
          assertEquals(new RawPort.Answer(3, 0, ""), port.receive());
        });
  }

  @Test
  void whatIsNoRequestIsRefusedOnItsStream(Guest guest) throws Exception {
    byte[] noMessage = {10, (byte) 0xff, (byte) 0xff, (byte) 0xff};
    byte[] foreign =
        RawPort.call(
            new Method<>("grpc.Other", "Do", CheckRequest::decode, CheckRequest::decode),
            CheckRequest.DEFAULT);
    guest.raw(
        port -> {
          assertRefused(
              port, RawPort.frame(1, RawPort.REQUEST, 0, noMessage), 1, Code.INVALID_ARGUMENT);
          assertRefused(port, RawPort.frame(3, 2, 0, new byte[0]), 3, Code.INVALID_ARGUMENT);
          assertRefused(port, RawPort.frame(5, 77, 0, new byte[5]), 5, Code.INVALID_ARGUMENT);
          assertRefused(
              port, RawPort.frame(8, RawPort.REQUEST, 0, new byte[0]), 8, Code.INVALID_ARGUMENT);
          assertRefused(port, RawPort.withStream(foreign, 9), 9, Code.UNIMPLEMENTED);
          // A number that was used before.
          assertRefused(port, RawPort.withStream(CHECK, 9), 9, Code.INVALID_ARGUMENT);
          port.send(RawPort.withStream(CHECK, 11));
          assertEquals(new RawPort.Answer(11, 0, ""), port.receive());
        });
  }

  private static void assertRefused(RawPort port, byte[] frame, int stream, Code code)
      throws IOException {
    port.send(frame);
    RawPort.Answer answer = port.receive();
    assertEquals(stream, answer.stream());
    assertEquals(code.number(), answer.code(), answer.message());
    assertFalse(answer.message().isEmpty());
  }

  @Test
  void framesOfRandomBytesDoNoHarm(Guest guest) throws Exception {
    Random random = new Random(20);
    guest.raw(
        port -> {
          for (int i = 0; i < 300; i++) {
            byte[] data = new byte[random.nextInt(200)];
            random.nextBytes(data);
            int stream = 2 * i + 1;
            port.send(RawPort.frame(stream, RawPort.REQUEST, 0, data));
            RawPort.Answer answer = port.receive();
            assertEquals(stream, answer.stream());
            assertTrue(answer.code() != 0, answer.toString());
          }
          port.send(RawPort.withStream(CHECK, 601));
          assertEquals(new RawPort.Answer(601, 0, ""), port.receive());
        });
  }

  @Test
  void properRequestsWithRandomFieldsDoNoHarm(Guest guest) throws Exception {
    Random random = new Random(21);
    List<Method<?, ?>> methods =
        AgentService.METHODS.stream()
            .filter(method -> !method.name().equals("DestroySandbox"))
            .toList();
    guest.raw(
        port -> {
          for (int i = 0; i < 300; i++) {
            Method<?, ?> method = methods.get(random.nextInt(methods.size()));
            byte[] payload = new byte[random.nextInt(60)];
            random.nextBytes(payload);
            int stream = 2 * i + 1;
            port.send(RawPort.frame(stream, RawPort.REQUEST, 0, envelope(method, payload)));
            RawPort.Answer answer = port.receive();
            assertEquals(stream, answer.stream());
          }
          port.send(RawPort.withStream(CHECK, 601));
          assertEquals(new RawPort.Answer(601, 0, ""), port.receive());
        });
  }

  /** A request of a method with any bytes as its message. */
  private static byte[] envelope(Method<?, ?> method, byte[] payload) {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    byte[][] fields = {
      method.service().getBytes(java.nio.charset.StandardCharsets.UTF_8),
      method.name().getBytes(java.nio.charset.StandardCharsets.UTF_8),
      payload
    };
    for (int i = 0; i < fields.length; i++) {
      out.write((i + 1) << 3 | 2);
      out.write(fields[i].length);
      out.writeBytes(fields[i]);
    }
    return out.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 9, 10, 15})
  void aHostThatLeavesInsideAFrameMayComeBack(int sent, Guest guest) throws Exception {
    guest.raw(
        port -> {
          port.send(CHECK);
          assertEquals(new RawPort.Answer(1, 0, ""), port.receive());
          port.send(java.util.Arrays.copyOf(RawPort.withStream(CHECK, 3), sent));
        });
    assertEquals(
        ServingStatus.SERVING,
        guest.connection().call(Health.CHECK, CheckRequest.DEFAULT).status());
  }

  @Test
  void aHostThatLeavesWithBytesThatAreNoFramesMayComeBack(Guest guest) throws Exception {
    byte[] garbage = new byte[100_000];
    new Random(22).nextBytes(garbage);
    // A length beyond all bounds, so that the rest is passed over until the host leaves.
    garbage[0] = 0x7f;
    guest.raw(port -> port.send(garbage));
    assertEquals(
        ServingStatus.SERVING,
        guest.connection().call(Health.CHECK, CheckRequest.DEFAULT).status());
  }

  @Test
  void aHostThatDoesNotReadGetsAllAnswersInTheEnd(Guest guest) throws Exception {
    int count = 20_000;
    guest.raw(
        port -> {
          Thread sender =
              Thread.startVirtualThread(
                  () -> {
                    try {
                      for (int i = 0; i < count; i++) {
                        port.send(RawPort.withStream(CHECK, 2 * i + 1));
                      }
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  });
          for (int i = 0; i < count; i++) {
            assertEquals(new RawPort.Answer(2 * i + 1, 0, ""), port.receive());
          }
          assertTrue(joined(sender));
        });
  }

  private static boolean joined(Thread thread) {
    try {
      return thread.join(java.time.Duration.ofSeconds(10));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void servesTheNextHostWithoutATraceOfTheLast(Guest guest) throws Exception {
    try (GuestContainer container = GuestContainer.sleeping(guest)) {
      GuestProcess cat = container.exec(Specs.process("cat"));
      // Asked by a host that is gone when there is something to answer.
      var lost = cat.sendRead(AgentService.READ_STDOUT, 100);
      var lostWait = cat.sendWait();
      guest.reconnect();
      assertTrue(lost.isCompletedExceptionally() || lost.handle((r, e) -> e != null).get());
      assertTrue(lostWait.handle((r, e) -> e != null).get());
      cat.write("for the next one");
      assertArrayEquals(
          "for the next one".getBytes(java.nio.charset.StandardCharsets.UTF_8), cat.read(100));
      cat.closeInput();
      assertEquals(0, cat.awaitExit());
      cat.finish();
    }
  }
}

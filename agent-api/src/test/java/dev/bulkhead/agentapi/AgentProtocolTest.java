package dev.bulkhead.agentapi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.oci.Process;
import dev.bulkhead.oci.Spec;
import dev.bulkhead.protobuf.MalformedMessageException;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.protobuf.MessageDecoder;
import dev.bulkhead.protobuf.ProtoReader;
import dev.bulkhead.ttrpc.Client;
import dev.bulkhead.ttrpc.Method;
import dev.bulkhead.ttrpc.ServerConnection;
import dev.bulkhead.ttrpc.ServiceRegistry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The agent's services and messages against the names and numbers of Kata's protocol. */
class AgentProtocolTest {
  private static final long SEED =
      Long.getLong("bulkhead.seed", new Random().nextLong(Long.MAX_VALUE));

  @Test
  void theServicesHaveKatasMethods() {
    assertEquals("grpc.AgentService", AgentService.NAME);
    assertEquals("grpc.Health", Health.NAME);
    assertEquals(
        new TreeSet<>(
            List.of(
                ("AddARPNeighbors AddSwap AddSwapPath CloseStdin CopyFile CreateContainer"
                        + " CreateSandbox DestroySandbox ExecProcess GetDiagnosticData"
                        + " GetGuestDetails GetIPTables GetMetrics GetOOMEvent GetVolumeStats"
                        + " ListInterfaces ListRoutes MemAgentCompactSet MemAgentMemcgSet"
                        + " MemHotplugByProbe OnlineCPUMem PauseContainer ReadStderr ReadStdout"
                        + " RemoveContainer RemoveStaleVirtiofsShareMounts ReseedRandomDev"
                        + " ResizeVolume ResumeContainer SetGuestDateTime SetIPTables SetPolicy"
                        + " SignalProcess StartContainer StatsContainer TtyWinResize"
                        + " UpdateContainer UpdateEphemeralMounts UpdateInterface UpdateRoutes"
                        + " WaitProcess WriteStdin")
                    .split(" "))),
        names(AgentService.METHODS));
    assertEquals(new TreeSet<>(List.of("Check", "Version")), names(Health.METHODS));
    for (Method<?, ?> method : AgentService.METHODS) {
      assertEquals(AgentService.NAME, method.service());
    }
  }

  private static Set<String> names(List<Method<?, ?>> methods) {
    Set<String> names = new TreeSet<>();
    methods.forEach(method -> names.add(method.name()));
    return names;
  }

  @Test
  void theBytesAreKatas() {
    assertBytes(
        "0a0163 120165 1a09 0a0175 120167 1a0178"
            + "2a11 0a0139 120161 1a0173 22016f 32016d 4001"
            + "3203 0a0131 3801 4206 0a016e 2a0164 4802 5000",
        new CreateContainerRequest(
            "c",
            "e",
            new StringUser("u", "g", List.of("x")),
            List.of(),
            List.of(new Storage("9", List.of("a"), "s", "o", List.of(), "m", null, true)),
            Spec.DEFAULT.withOciVersion("1"),
            true,
            List.of(SharedMount.DEFAULT.withName("n").withDstPath("d")),
            2,
            0,
            null,
            new byte[0],
            false));
    assertBytes(
        "0a0163 120165 2203 320177 3005",
        ExecProcessRequest.DEFAULT
            .withContainerId("c")
            .withExecId("e")
            .withProcess(Process.DEFAULT.withCwd("w"))
            .withStdoutPort(5)
            .withStdinPort(null));
    assertBytes(
        "0a15 0a0164 12016e 1a08 0801 120161 1a0138 20dc0b 4001",
        new UpdateInterfaceRequest(
            Interface.DEFAULT
                .withDevice("d")
                .withName("n")
                .withIpAddresses(List.of(new IPAddress(IPFamily.V6, "a", "8")))
                .withMtu(1500)
                .withRawFlags(1)));
    assertBytes(
        "0a0d 120b 3209 0a016d 10ffffffff0f",
        StatsContainerResponse.DEFAULT.withCgroupStats(
            CgroupStats.DEFAULT.withMemoryStats(
                MemoryStats.DEFAULT.withStats(Map.of("m", 0xFFFFFFFFL)))));
  }

  @Test
  void unusualNumbersAreKatas() {
    assertBytes("12020102", new ReseedRandomDevRequest(new byte[] {1, 2}));
    assertBytes("1005 1801", new FSGroup(5, FSGroupChangePolicy.ON_ROOT_MISMATCH));
    assertBytes("08ffffffffffffffffff01", new WaitProcessResponse(-1));
    assertBytes("0a03 01ac02", new AddSwapRequest(List.of(1, 300)));
    assertBytes("08011002", new SetGuestDateTimeRequest(1, 2));
    assertBytes("0800", MemAgentMemcgConfig.DEFAULT.withDisabled(false));
  }

  @Test
  void aRequestTravels() throws Exception {
    List<byte[]> toServer = new ArrayList<>();
    List<byte[]> toClient = new ArrayList<>();
    Client client = new Client(toServer::add);
    ServerConnection server =
        new ServerConnection(
            new ServiceRegistry("this agent")
                .on(
                    AgentService.GET_GUEST_DETAILS,
                    (request, responder) ->
                        responder.succeed(
                            GuestDetailsResponse.DEFAULT.withAgentDetails(
                                AgentDetails.DEFAULT.withVersion("1").withInitDaemon(true)))),
            toClient::add);
    var call = client.call(AgentService.GET_GUEST_DETAILS, new GuestDetailsRequest(true, false));
    server.receive(toServer.getFirst(), 0, toServer.getFirst().length);
    client.receive(toClient.getFirst(), 0, toClient.getFirst().length);
    assertEquals("1", call.result().agentDetails().version());
    assertTrue(call.result().agentDetails().initDaemon());
  }

  @Test
  void randomBytesAreRefusedOrUnderstood() {
    System.out.println("bulkhead.seed=" + SEED);
    Random random = new Random(SEED);
    List<MessageDecoder<? extends Message>> decoders = new ArrayList<>();
    for (Method<?, ?> method : AgentService.METHODS) {
      decoders.add(method.request());
      decoders.add(method.response());
    }
    byte[] container =
        CreateContainerRequest.DEFAULT
            .withContainerId("c1")
            .withOci(
                Spec.DEFAULT
                    .withProcess(Process.DEFAULT.withArgs(List.of("sh", "-c", "true")))
                    .withAnnotations(Map.of("a", "b", "c", "d")))
            .withStorages(List.of(Storage.DEFAULT.withDriver("9p").withOptions(List.of("a", "b"))))
            .encode();
    int accepted = 0;
    for (int i = 0; i < 150_000; i++) {
      byte[] bytes;
      if (i % 3 == 0) {
        bytes = Arrays.copyOf(container, random.nextInt(container.length + 1));
        for (int changes = random.nextInt(3); changes > 0 && bytes.length > 0; changes--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
      } else {
        bytes = new byte[random.nextInt(48)];
        random.nextBytes(bytes);
      }
      MessageDecoder<? extends Message> decoder =
          i % 3 == 0
              ? AgentService.CREATE_CONTAINER.request()
              : decoders.get(random.nextInt(decoders.size()));
      try {
        Message message = decoder.decode(new ProtoReader(bytes));
        assertEquals(message, decoder.decode(new ProtoReader(message.encode())));
        accepted++;
      } catch (MalformedMessageException e) {
        assertTrue(e.getMessage().endsWith("."));
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + SEED + ", " + HexFormat.of().formatHex(bytes), e);
      }
    }
    assertTrue(accepted > 0);
  }

  private static void assertBytes(String hex, Message message) {
    assertEquals(hex.replace(" ", ""), HexFormat.of().formatHex(message.encode()));
  }
}

package dev.bulkhead.ttrpc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bulkhead.protobuf.Any;
import dev.bulkhead.protobuf.Empty;
import dev.bulkhead.protobuf.MalformedMessageException;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.protobuf.ProtoReader;
import dev.bulkhead.protobuf.ProtoWriter;
import dev.bulkhead.testmessages.Echo;
import dev.bulkhead.testmessages.Scalars;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client and a server, joined by pipes in memory. */
class ConnectionTest {
  private static final long SEED =
      Long.getLong("bulkhead.seed", new Random().nextLong(Long.MAX_VALUE));

  private final Pipe toServer = new Pipe();
  private final Pipe toClient = new Pipe();
  private final List<Responder<Empty>> waiting = new ArrayList<>();
  private final Client client = new Client(toServer);
  private final ServerConnection server =
      new ServerConnection(
          new ServiceRegistry("this test")
              .on(Echo.SCALARS, (request, responder) -> responder.succeed(request))
              .on(Echo.BYTES, (request, responder) -> responder.succeed(request))
              .on(Echo.NOTHING, (request, responder) -> waiting.add(responder)),
          toClient);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 9, 10, 11, 1000})
  void aCallIsAnsweredHoweverItsBytesArrive(int size) throws Exception {
    Scalars request = Scalars.DEFAULT.withStringValue("x".repeat(300)).withInt64Value(-1);
    Call<Scalars> call = client.call(Echo.SCALARS, request);
    Call<Any> other = client.call(Echo.BYTES, Any.DEFAULT);
    assertFalse(call.isDone());
    assertEquals(2, client.callsInFlight());

    toServer.deliver(server::receive, size);
    toClient.deliver(client::receive, size);

    assertEquals(request, call.result());
    assertEquals(Any.DEFAULT, other.result());
    assertEquals(0, client.callsInFlight());
    assertEquals(0, server.callsInFlight());
  }

  @Test
  void manyCallsInOnePieceAreAllAnswered() throws Exception {
    List<Call<Scalars>> calls = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      calls.add(client.call(Echo.SCALARS, Scalars.DEFAULT.withInt32Value(i)));
    }
    toServer.deliver(server::receive);
    toClient.deliver(client::receive);
    for (int i = 0; i < calls.size(); i++) {
      assertEquals(i, calls.get(i).result().int32Value());
    }
  }

  @Test
  void theBytesAreThoseOfTheProtocol() {
    client.call(Echo.NOTHING, Empty.DEFAULT);
    byte[] request = toServer.take();
    // Length 22, stream 1, type request, no flags; service, method, empty payload.
    assertEquals(
        "00000016 00000001 01 00 0a09 746573742e4563686f 1207 4e6f7468696e67 1a00".replace(" ", ""),
        HexFormat.of().formatHex(request));
    server.receive(request, 0, request.length);
    waiting.getFirst().succeed(Empty.DEFAULT);
    // Length 2, stream 1, type response, no flags; empty payload.
    assertEquals(
        "00000002 00000001 02 00 1200".replace(" ", ""), HexFormat.of().formatHex(toClient.take()));

    client.call(Echo.NOTHING, Empty.DEFAULT, 1_000_000_000L, new Recorder<>());
    assertEquals(
        "0000001c 00000003 01 00 0a09 746573742e4563686f 1207 4e6f7468696e67 1a00 2080 94ebdc03"
            .replace(" ", ""),
        HexFormat.of().formatHex(toServer.take()));
  }

  @Test
  void answersMayComeInAnyOrder() {
    Recorder<Empty> first = new Recorder<>();
    Recorder<Empty> second = new Recorder<>();
    Recorder<Scalars> third = new Recorder<>();
    client.call(Echo.NOTHING, Empty.DEFAULT, first);
    client.call(Echo.NOTHING, Empty.DEFAULT, second);
    client.call(Echo.SCALARS, Scalars.DEFAULT, third);
    toServer.deliver(server::receive);
    toClient.deliver(client::receive);
    assertEquals(List.of(), first.responses);
    assertEquals(List.of(Scalars.DEFAULT), third.responses);

    waiting.get(1).succeed(Empty.DEFAULT);
    toClient.deliver(client::receive);
    assertEquals(List.of(), first.responses);
    assertEquals(List.of(Empty.DEFAULT), second.responses);

    waiting.get(0).succeed(Empty.DEFAULT);
    toClient.deliver(client::receive);
    assertEquals(List.of(Empty.DEFAULT), first.responses);
    assertEquals(1, second.responses.size());
  }

  @Test
  void aFailureKeepsCodeAndMessage() {
    Call<Empty> call = client.call(Echo.NOTHING, Empty.DEFAULT);
    toServer.deliver(server::receive);
    waiting.getFirst().fail(new RpcException(Code.NOT_FOUND, "There is no container c1."));
    toClient.deliver(client::receive, 1);
    RpcException failure = assertThrows(RpcException.class, call::result);
    assertEquals(Code.NOT_FOUND, failure.code());
    assertEquals("There is no container c1.", failure.getMessage());
  }

  @Test
  void whatIsNotOfferedIsUnimplemented() {
    assertFailure(
        Code.UNIMPLEMENTED,
        "test.Echo/Never is not supported by this test.",
        run(Echo.NEVER, Empty.DEFAULT));
    assertFailure(
        Code.UNIMPLEMENTED,
        "The service grpc.Other is not offered by this test.",
        run(Echo.NEVER.inService("grpc.Other"), Empty.DEFAULT));
    RpcException failure =
        assertThrows(
            RpcException.class,
            () -> run(Echo.NEVER.inService("x".repeat(100_000)), Empty.DEFAULT).result());
    assertTrue(failure.getMessage().length() < 200);
  }

  @Test
  void handlersFailAsTheyThrow() {
    ServiceRegistry registry =
        new ServiceRegistry("this test")
            .on(
                Echo.SCALARS,
                (request, responder) -> {
                  throw new RpcException(Code.FAILED_PRECONDITION, "Not now.");
                })
            .on(
                Echo.NOTHING,
                (request, responder) -> {
                  throw new IllegalArgumentException("a bug");
                });
    ServerConnection failing = new ServerConnection(registry, toClient);
    Call<Scalars> refused = client.call(Echo.SCALARS, Scalars.DEFAULT);
    Call<Empty> broken = client.call(Echo.NOTHING, Empty.DEFAULT);
    toServer.deliver(failing::receive);
    toClient.deliver(client::receive);
    assertFailure(Code.FAILED_PRECONDITION, "Not now.", refused);
    assertFailure(Code.INTERNAL, "test.Echo/Nothing failed: a bug", broken);
  }

  @Test
  void aMethodIsOfferedOnce() {
    ServiceRegistry registry =
        new ServiceRegistry("this test").on(Echo.SCALARS, (q, r) -> r.succeed(q));
    assertThrows(
        IllegalStateException.class, () -> registry.on(Echo.SCALARS, (q, r) -> r.succeed(q)));
  }

  @Test
  void aCallIsAnsweredOnce() {
    client.call(Echo.NOTHING, Empty.DEFAULT);
    toServer.deliver(server::receive);
    Responder<Empty> responder = waiting.getFirst();
    assertTrue(responder.isOpen());
    responder.succeed(Empty.DEFAULT);
    assertFalse(responder.isOpen());
    assertThrows(IllegalStateException.class, () -> responder.succeed(Empty.DEFAULT));
    assertThrows(
        IllegalStateException.class,
        () -> responder.fail(new RpcException(Code.INTERNAL, "again")));
  }

  @Test
  void answersAfterTheConnectionIsClosedAreDropped() {
    client.call(Echo.NOTHING, Empty.DEFAULT);
    client.call(Echo.NOTHING, Empty.DEFAULT);
    toServer.deliver(server::receive);
    server.close();
    assertFalse(waiting.getFirst().isOpen());
    waiting.get(0).succeed(Empty.DEFAULT);
    waiting.get(1).fail(new RpcException(Code.INTERNAL, "too late"));
    assertTrue(toClient.isEmpty());

    client.call(Echo.SCALARS, Scalars.DEFAULT);
    toServer.deliver(server::receive);
    assertTrue(toClient.isEmpty());
  }

  @Test
  void aHandlerMayCloseTheConnection() {
    List<ServerConnection> self = new ArrayList<>();
    ServiceRegistry registry =
        new ServiceRegistry("this test")
            .on(Echo.NOTHING, (request, responder) -> self.getFirst().close())
            .on(Echo.SCALARS, (request, responder) -> responder.succeed(request));
    ServerConnection connection = new ServerConnection(registry, toClient);
    self.add(connection);
    client.call(Echo.NOTHING, Empty.DEFAULT);
    client.call(Echo.SCALARS, Scalars.DEFAULT);
    toServer.deliver(connection::receive);
    assertTrue(toClient.isEmpty());
  }

  @Test
  void closingTheClientFailsEveryCall() {
    Recorder<Empty> recorder = new Recorder<>();
    Call<Empty> call = client.call(Echo.NOTHING, Empty.DEFAULT, recorder);
    RpcException gone = new RpcException(Code.UNAVAILABLE, "The guest is gone.");
    client.close(gone);
    client.close(new RpcException(Code.INTERNAL, "a second reason"));
    assertEquals(List.of(gone), recorder.failures);
    assertFailure(Code.UNAVAILABLE, "The guest is gone.", call);
    assertFailure(Code.UNAVAILABLE, "The guest is gone.", client.call(Echo.NOTHING, Empty.DEFAULT));
    toServer.take();
    assertTrue(toServer.isEmpty(), "nothing is sent on a closed connection");
  }

  @Test
  void aCancelledCallIsForgotten() throws Exception {
    Recorder<Scalars> recorder = new Recorder<>();
    Call<Scalars> call = client.call(Echo.SCALARS, Scalars.DEFAULT, recorder);
    Call<Scalars> other = client.call(Echo.SCALARS, Scalars.DEFAULT);
    assertTrue(call.cancel());
    assertFalse(call.cancel());
    assertTrue(call.isDone());
    assertEquals(1, client.callsInFlight());
    toServer.deliver(server::receive);
    toClient.deliver(client::receive);
    assertEquals(List.of(), recorder.responses);
    assertEquals(List.of(), recorder.failures);
    assertEquals(Code.CANCELLED, assertThrows(RpcException.class, call::result).code());
    assertEquals(Scalars.DEFAULT, other.result());
  }

  @Test
  void aCallThatTookTooLongFails() {
    Recorder<Scalars> recorder = new Recorder<>();
    Call<Scalars> call = client.call(Echo.SCALARS, Scalars.DEFAULT, recorder);
    RpcException late =
        new RpcException(Code.DEADLINE_EXCEEDED, "The agent did not answer in 1 s.");
    assertTrue(call.fail(late));
    assertFalse(call.fail(late));
    toServer.deliver(server::receive);
    toClient.deliver(client::receive);
    assertEquals(List.of(), recorder.responses);
    assertEquals(List.of(late), recorder.failures);
  }

  @Test
  void aCallHasNoResultBeforeItsAnswer() {
    Call<Empty> call = client.call(Echo.NOTHING, Empty.DEFAULT);
    assertThrows(IllegalStateException.class, call::result);
    assertSame(Echo.NOTHING, call.method());
  }

  @Test
  void aResponseHandlerMayTurnTheLoop() {
    // While the first answer is handled, the answers behind it and new ones are handled as well.
    List<String> order = new ArrayList<>();
    client.call(
        Echo.SCALARS,
        Scalars.DEFAULT.withStringValue("1"),
        new ResponseHandler<>() {
          @Override
          public void succeeded(Scalars response) {
            order.add("1 begins");
            Call<Scalars> inner =
                client.call(Echo.SCALARS, Scalars.DEFAULT.withStringValue("3"), named(order));
            toServer.deliver(server::receive);
            toClient.deliver(client::receive);
            order.add(inner.isDone() ? "1 ends" : "1 was not answered");
          }

          @Override
          public void failed(RpcException failure) {
            throw new AssertionError(failure);
          }
        });
    client.call(Echo.SCALARS, Scalars.DEFAULT.withStringValue("2"), named(order));
    toServer.deliver(server::receive);
    toClient.deliver(client::receive);
    assertEquals(List.of("1 begins", "2", "3", "1 ends"), order);
  }

  @Test
  void fourMebibytesPassAndOneByteMoreDoesNot() throws Exception {
    // Beside the bytes, the request has: service 11, method 7, payload's and bytes' tag and length.
    int overhead = 11 + 7 + 5 + 5;
    byte[] most = new byte[Frame.MAX_DATA_LENGTH - overhead];
    new Random(SEED).nextBytes(most);
    Call<Any> call = client.call(Echo.BYTES, new Any("", most));
    assertFalse(call.isDone());
    byte[] frame = toServer.take();
    assertEquals(Frame.HEADER_LENGTH + Frame.MAX_DATA_LENGTH, frame.length);
    toServer.send(frame);
    toServer.deliver(server::receive, 65_536);
    toClient.deliver(client::receive, 65_537);
    assertArrayEquals(most, call.result().value());

    Call<Any> tooLarge = client.call(Echo.BYTES, new Any("", new byte[most.length + 1]));
    assertFailure(
        Code.RESOURCE_EXHAUSTED,
        "The request of test.Echo/Bytes has 4194305 bytes, more than the 4 MiB of a frame.",
        tooLarge);
    assertTrue(toServer.isEmpty());
  }

  @Test
  void aResponseThatIsTooLargeBecomesAFailure() {
    ServiceRegistry registry =
        new ServiceRegistry("this test")
            .on(
                Echo.BYTES,
                (request, responder) ->
                    responder.succeed(new Any("", new byte[Frame.MAX_DATA_LENGTH])));
    ServerConnection generous = new ServerConnection(registry, toClient);
    Call<Any> call = client.call(Echo.BYTES, Any.DEFAULT);
    toServer.deliver(generous::receive);
    toClient.deliver(client::receive);
    assertEquals(Code.RESOURCE_EXHAUSTED, assertThrows(RpcException.class, call::result).code());
    assertEquals(0, generous.callsInFlight());
  }

  @ParameterizedTest
  @ValueSource(longs = {Frame.MAX_DATA_LENGTH + 1L, 100_000_000L})
  void aFrameThatIsTooLargeHurtsNoOtherStream(long length) throws Exception {
    Call<Empty> before = client.call(Echo.NOTHING, Empty.DEFAULT);
    toServer.deliver(server::receive);

    byte[] header = header(length, 3, Frame.REQUEST, 0);
    server.receive(header, 0, header.length);
    assertStatus(3, Code.RESOURCE_EXHAUSTED);
    byte[] rubbish = new byte[1 << 20];
    new Random(SEED).nextBytes(rubbish);
    for (long left = length; left > 0; left -= rubbish.length) {
      server.receive(rubbish, 0, (int) Math.min(left, rubbish.length));
    }
    assertTrue(toClient.isEmpty(), "the data of the frame is not looked at");

    byte[] after = request(5, Echo.SCALARS, Scalars.DEFAULT);
    server.receive(after, 0, after.length);
    assertStatus(5, Code.OK);
    waiting.getFirst().succeed(Empty.DEFAULT);
    toClient.deliver(client::receive);
    assertEquals(Empty.DEFAULT, before.result());
  }

  @Test
  void anAnswerThatIsTooLargeFailsItsCallOnly() throws Exception {
    Call<Scalars> large = client.call(Echo.SCALARS, Scalars.DEFAULT);
    Call<Scalars> other = client.call(Echo.SCALARS, Scalars.DEFAULT);
    byte[] header = header(Frame.MAX_DATA_LENGTH + 1L, 1, Frame.RESPONSE, 0);
    client.receive(header, 0, header.length);
    assertEquals(Code.RESOURCE_EXHAUSTED, assertThrows(RpcException.class, large::result).code());
    byte[] rest = new byte[Frame.MAX_DATA_LENGTH + 1];
    client.receive(rest, 0, rest.length);
    toServer.deliver(server::receive);
    toClient.deliver(client::receive);
    assertEquals(Scalars.DEFAULT, other.result());
  }

  @Test
  void badFramesAreAnsweredOnTheirStream() {
    receive(request(7, Echo.SCALARS, Scalars.DEFAULT));
    assertStatus(7, Code.OK);
    receive(request(7, Echo.SCALARS, Scalars.DEFAULT));
    assertStatus(7, Code.INVALID_ARGUMENT);
    receive(request(5, Echo.SCALARS, Scalars.DEFAULT));
    assertStatus(5, Code.INVALID_ARGUMENT);
    receive(request(8, Echo.SCALARS, Scalars.DEFAULT));
    assertStatus(8, Code.INVALID_ARGUMENT);
    receive(request(0, Echo.SCALARS, Scalars.DEFAULT));
    assertStatus(0, Code.INVALID_ARGUMENT);
    for (int type : new int[] {0, 2, 3, 4, 127, 255}) {
      receive(header(0, 9, type, 0));
      assertStatus(9, Code.INVALID_ARGUMENT);
    }
    byte[] streaming = request(11, Echo.SCALARS, Scalars.DEFAULT);
    streaming[9] = Frame.FLAG_REMOTE_OPEN;
    receive(streaming);
    assertStatus(11, Code.UNIMPLEMENTED);
    receive(header(0, 13, Frame.REQUEST, 0));
    assertStatus(13, Code.UNIMPLEMENTED);
    byte[] malformed = request(15, Echo.SCALARS, Scalars.DEFAULT);
    malformed[Frame.HEADER_LENGTH] = 0x0B;
    receive(malformed);
    assertStatus(15, Code.INVALID_ARGUMENT);
    byte[] payload = request(17, Echo.SCALARS, Scalars.DEFAULT.withInt32Value(1));
    payload[payload.length - 2] = 0x0B;
    receive(payload);
    assertStatus(17, Code.INVALID_ARGUMENT);
    byte[] flagged = request(0xFFFFFFFF, Echo.SCALARS, Scalars.DEFAULT);
    flagged[9] = 1;
    receive(flagged);
    assertStatus(0xFFFFFFFF, Code.OK);
  }

  @Test
  void aStreamThatIsUsedAgainLosesItsFirstAnswer() {
    receive(request(1, Echo.NOTHING, Empty.DEFAULT));
    receive(request(1, Echo.NOTHING, Empty.DEFAULT));
    assertStatus(1, Code.INVALID_ARGUMENT);
    assertFalse(waiting.getFirst().isOpen());
    waiting.getFirst().succeed(Empty.DEFAULT);
    assertTrue(toClient.isEmpty(), "a stream has one answer");
  }

  @Test
  void anotherClientTakesOverALineThatTellsNothing() throws Exception {
    List<String> restarts = new ArrayList<>();
    ServerConnection line =
        ServerConnection.overLine(
            new ServiceRegistry("this test")
                .on(Echo.SCALARS, (request, responder) -> responder.succeed(request))
                .on(Echo.NOTHING, (request, responder) -> waiting.add(responder)),
            toClient,
            () -> restarts.add("restart"));
    client.call(Echo.SCALARS, Scalars.DEFAULT);
    client.call(Echo.NOTHING, Empty.DEFAULT);
    toServer.deliver(line::receive, 1000);
    assertEquals(1, line.callsInFlight());
    assertEquals(List.of(), restarts);
    toClient.deliver((buffer, offset, length) -> {}, 1000);

    Client next = new Client(toServer);
    Call<Scalars> call = next.call(Echo.SCALARS, Scalars.DEFAULT.withInt32Value(5));
    toServer.deliver(line::receive, 1000);
    assertEquals(List.of("restart"), restarts);
    assertFalse(waiting.getFirst().isOpen());
    waiting.getFirst().succeed(Empty.DEFAULT);
    toClient.deliver(next::receive, 1000);
    assertEquals(5, call.result().int32Value());
    assertEquals(0, line.callsInFlight());
  }

  @Test
  void answersThatNobodyAskedForAreIgnored() {
    Call<Empty> call = client.call(Echo.NOTHING, Empty.DEFAULT);
    for (int stream : new int[] {0, 2, 3, -1}) {
      byte[] answer = header(0, stream, Frame.RESPONSE, 0);
      client.receive(answer, 0, answer.length);
    }
    assertFalse(call.isDone());
    byte[] answer = header(0, 1, Frame.RESPONSE, 0);
    client.receive(answer, 0, answer.length);
    assertTrue(call.isDone());
  }

  @Test
  void anAnswerThatCannotBeReadFailsItsCallOnly() throws Exception {
    Call<Empty> wrongType = client.call(Echo.NOTHING, Empty.DEFAULT);
    Call<Empty> malformed = client.call(Echo.NOTHING, Empty.DEFAULT);
    Call<Empty> good = client.call(Echo.NOTHING, Empty.DEFAULT);
    byte[] data = header(0, 1, 3, 0);
    client.receive(data, 0, data.length);
    byte[] group = new byte[] {0, 0, 0, 1, 0, 0, 0, 3, 2, 0, 0x0B};
    client.receive(group, 0, group.length);
    byte[] empty = header(0, 5, Frame.RESPONSE, 0);
    client.receive(empty, 0, empty.length);
    assertEquals(Code.INTERNAL, assertThrows(RpcException.class, wrongType::result).code());
    assertEquals(Code.INTERNAL, assertThrows(RpcException.class, malformed::result).code());
    assertEquals(Empty.DEFAULT, good.result());
  }

  @Test
  void randomBytesHurtNobody() throws Exception {
    System.out.println("bulkhead.seed=" + SEED);
    Random random = new Random(SEED);
    ServiceRegistry registry =
        new ServiceRegistry("this test")
            .on(Echo.SCALARS, (request, responder) -> responder.succeed(request));
    for (int i = 0; i < 100_000; i++) {
      ServerConnection victim = new ServerConnection(registry, new Pipe());
      Client other = new Client(new Pipe());
      Call<Scalars> call = other.call(Echo.SCALARS, Scalars.DEFAULT);
      byte[] bytes = randomFrames(random);
      try {
        int cut = random.nextInt(bytes.length + 1);
        victim.receive(bytes, 0, cut);
        victim.receive(bytes, cut, bytes.length - cut);
        other.receive(bytes, 0, cut);
        other.receive(bytes, cut, bytes.length - cut);
        if (call.isDone()) {
          call.result();
        }
      } catch (RpcException e) {
        assertTrue(e.getMessage() != null, "seed " + SEED);
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + SEED + ", bytes " + HexFormat.of().formatHex(bytes), e);
      }
    }
  }

  /** Frames that look right at first, with changes; sometimes nothing but noise. */
  private static byte[] randomFrames(Random random) {
    ProtoWriter out = new ProtoWriter();
    for (int frames = random.nextInt(4); frames >= 0; frames--) {
      byte[] data = new byte[random.nextInt(40)];
      random.nextBytes(data);
      if (random.nextBoolean()) {
        byte[] frame =
            request(random.nextInt(8), Echo.SCALARS, Scalars.DEFAULT.withBytesValue(data));
        data = Arrays.copyOfRange(frame, Frame.HEADER_LENGTH, frame.length);
        data[random.nextInt(data.length)] = (byte) random.nextInt(256);
      }
      for (int i = data.length - 1; i >= 0; i--) {
        out.writeByte(data[i]);
      }
      out.writeByte(random.nextInt(4));
      out.writeByte(random.nextInt(4));
      out.writeBigEndian32(random.nextInt(10) == 0 ? random.nextInt() : random.nextInt(8));
      out.writeBigEndian32(random.nextInt(10) == 0 ? random.nextInt() : data.length);
    }
    return out.toByteArray();
  }

  private <Q extends Message, R extends Message> Call<R> run(Method<Q, R> method, Q request) {
    Call<R> call = client.call(method, request);
    toServer.deliver(server::receive);
    toClient.deliver(client::receive);
    return call;
  }

  private void receive(byte[] frame) {
    server.receive(frame, 0, frame.length);
  }

  /** Takes the next frame to the client, which is a response with that status. */
  private void assertStatus(int streamId, Code code) {
    byte[] frame = toClient.take();
    assertEquals(Frame.RESPONSE, frame[8]);
    assertArrayEquals(
        Arrays.copyOfRange(header(0, streamId, 0, 0), 4, 8), Arrays.copyOfRange(frame, 4, 8));
    try {
      ProtoReader data =
          new ProtoReader(frame, Frame.HEADER_LENGTH, frame.length - Frame.HEADER_LENGTH);
      assertEquals(code.number(), Envelope.readResponse(data).status().code());
    } catch (MalformedMessageException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertFailure(Code code, String message, Call<?> call) {
    RpcException failure = assertThrows(RpcException.class, call::result);
    assertEquals(message, failure.getMessage());
    assertEquals(code, failure.code());
  }

  private static byte[] header(long length, int streamId, int type, int flags) {
    ProtoWriter out = new ProtoWriter();
    out.writeByte(flags);
    out.writeByte(type);
    out.writeBigEndian32(streamId);
    out.writeBigEndian32((int) length);
    return out.toByteArray();
  }

  private static byte[] request(int streamId, Method<?, ?> method, Message request) {
    ProtoWriter out = new ProtoWriter();
    Envelope.writeRequest(out, method, request, 0);
    return Frame.finish(out, streamId, Frame.REQUEST);
  }

  private static ResponseHandler<Scalars> named(List<String> order) {
    return new ResponseHandler<>() {
      @Override
      public void succeeded(Scalars response) {
        order.add(response.stringValue());
      }

      @Override
      public void failed(RpcException failure) {
        throw new AssertionError(failure);
      }
    };
  }

  private static final class Recorder<R> implements ResponseHandler<R> {
    final List<R> responses = new ArrayList<>();
    final List<RpcException> failures = new ArrayList<>();

    @Override
    public void succeeded(R response) {
      responses.add(response);
    }

    @Override
    public void failed(RpcException failure) {
      failures.add(failure);
    }
  }
}

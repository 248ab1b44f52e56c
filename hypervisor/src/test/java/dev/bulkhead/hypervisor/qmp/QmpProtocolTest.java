package dev.bulkhead.hypervisor.qmp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class QmpProtocolTest {
  private static final String GREETING =
      "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}},"
          + " \"capabilities\": [\"oob\"]}}\r\n";

  private final List<String> sent = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private QmpProtocol protocol;

  @BeforeEach
  void begin() {
    protocol = QmpProtocol.begin(this::send, listener());
  }

  private void send(byte[] bytes) {
    sent.add(new String(bytes, StandardCharsets.UTF_8));
  }

  private QmpProtocol.Listener listener() {
    return new QmpProtocol.Listener() {
      @Override
      public void event(String name, JsonObject data) {
        told.add(name + " " + data.getString("reason", ""));
      }

      @Override
      public void ended(String reason) {
        told.add("ended: " + reason);
      }
    };
  }

  @Test
  void goesOnWithoutAGreeting() {
    protocol = QmpProtocol.goOn(this::send, listener());
    execute("query-status");
    assertTrue(sent.getFirst().contains("query-status"));
    receive("{\"return\": {}, \"id\": 1}\n");
    assertEquals(1, told.size());
  }

  @Test
  void negotiatesAfterTheGreeting() throws JsonParserException {
    receive(GREETING);
    JsonObject request = JsonParser.object().from(sent.getFirst());
    assertEquals("qmp_capabilities", request.getString("execute"));
    assertTrue(sent.getFirst().endsWith("\n"));
  }

  @Test
  void sendsEarlyCommandsWhenQemuIsReady() {
    execute("query-status");
    assertEquals(List.of(), sent);
    receive(GREETING);
    assertEquals(1, sent.size());
    receive("{\"return\": {}, \"id\": 0}\r\n");
    assertEquals(2, sent.size());
    assertTrue(sent.get(1).contains("query-status"));
  }

  @Test
  void sendsArguments() throws JsonParserException {
    ready();
    JsonObject arguments = new JsonObject();
    arguments.put("id", "é\n");
    protocol.execute("device_del", arguments, reply("device_del"));
    JsonObject request = JsonParser.object().from(sent.getLast());
    assertEquals("é\n", request.getObject("arguments").getString("id"));
  }

  @Test
  void givesEachAnswerToItsCommand() {
    ready();
    execute("first");
    execute("second");
    receive("{\"return\": \"b\", \"id\": 2}\r\n{\"return\": \"a\", \"id\": 1}\r\n");
    assertEquals(List.of("second done b", "first done a"), told);
  }

  @Test
  void tellsQemusWordsOfAFailure() {
    ready();
    execute("device_del");
    receive(
        "{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"Device 'x' not found\"}, \"id\": 1}\n");
    assertEquals(
        List.of(
            "device_del failed DeviceNotFound: QEMU command 'device_del': Device 'x' not found"),
        told);
  }

  @Test
  void tellsEventsBetweenAnswers() {
    ready();
    execute("quit");
    receive(
        """
        {"timestamp": {"seconds": 1}, "event": "SHUTDOWN", "data": {"reason": "x"}}
        {"event": "STOP"}
        {"return": {}, "id": 1}
        """);
    assertEquals(List.of("SHUTDOWN x", "STOP ", "quit done {}"), told);
  }

  @Test
  void takesBytesOneByOne() {
    execute("stop");
    for (byte b : (GREETING + "{\"return\": {}, \"id\": 0}\n").getBytes(StandardCharsets.UTF_8)) {
      protocol.receive(new byte[] {b}, 0, 1);
    }
    assertEquals(2, sent.size());
  }

  @Test
  void failsOpenCommandsAtTheEndAndLaterOnes() {
    ready();
    execute("first");
    protocol.end("QEMU closed the connection");
    protocol.end("again");
    execute("second");
    assertEquals(
        List.of(
            "first failed NoAnswer: QEMU command 'first': QEMU closed the connection",
            "ended: QEMU closed the connection",
            "second failed NoAnswer: QEMU command 'second': QEMU closed the connection"),
        told);
  }

  @Test
  void endsWithAPeerThatBreaksTheProtocol() {
    assertEnds("{}\n", "QEMU did not greet");
    assertEnds("[1]\n", "QEMU sent what is no JSON object");
    assertEnds("hello\n", "QEMU sent what is no JSON object");
    assertEnds(GREETING + "{\"error\": {}, \"id\": 0}\n", "QEMU refused to negotiate");
    String negotiated = GREETING + "{\"return\": {}, \"id\": 0}\n";
    assertEnds(negotiated + "{\"return\": {}, \"id\": 9}\n", "QEMU answered what was not asked");
    assertEnds(negotiated + "{\"return\": {}}\n", "QEMU answered what was not asked");
    assertEnds(negotiated + "{\"x\": 1}\n", "QEMU sent neither an answer nor an event");
  }

  @Test
  void endsBeforeItTakesTooMuch() {
    String limit = "QEMU sent a line of more than " + QmpProtocol.LINE_LIMIT + " bytes";
    assertEnds("x".repeat(QmpProtocol.LINE_LIMIT + 1), limit);
    int depth = QmpProtocol.NESTING_LIMIT;
    assertEnds(
        "{\"QMP\":" + "[".repeat(depth) + "]".repeat(depth) + "}\n",
        "QEMU sent what is no JSON object");
    begin();
    told.clear();
    receive("{\"QMP\":" + "[".repeat(depth - 1) + "]".repeat(depth - 1) + ",\"y\":\"[[[\\\"[\"}\n");
    assertEquals(List.of(), told);
  }

  @Test
  void survivesNonsense() {
    Random random = new Random(1);
    byte[] pattern =
        (GREETING
                + """
                {"return": {}, "id": 0}
                {"event": "RESET", "data": {}}
                """)
            .getBytes(StandardCharsets.UTF_8);
    for (int round = 0; round < 5_000; round++) {
      begin();
      told.clear();
      byte[] bytes = pattern.clone();
      for (int i = 0; i < 3; i++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      protocol.receive(bytes, 0, bytes.length);
      protocol.end("over");
      assertEquals(1, told.stream().filter(words -> words.startsWith("ended")).count());
    }
  }

  private void assertEnds(String bytes, String reason) {
    begin();
    told.clear();
    receive(bytes);
    assertEquals(List.of("ended: " + reason), told);
    receive("more\n");
    assertEquals(1, told.size());
  }

  private void ready() {
    receive(GREETING + "{\"return\": {}, \"id\": 0}\r\n");
  }

  private void receive(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    protocol.receive(bytes, 0, bytes.length);
  }

  private void execute(String command) {
    protocol.execute(command, new JsonObject(), reply(command));
  }

  private QmpProtocol.Reply reply(String command) {
    return new QmpProtocol.Reply() {
      @Override
      public void done(Object value) {
        told.add(command + " done " + value);
      }

      @Override
      public void failed(QmpException failure) {
        told.add(command + " failed " + failure.errorClass() + ": " + failure.getMessage());
      }
    };
  }
}

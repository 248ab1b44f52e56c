package dev.bulkhead.shimapi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bulkhead.protobuf.Any;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.protobuf.Timestamp;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Names and numbers against those of containerd's api. */
class ShimProtocolTest {
  @Test
  void theServicesAreContainerds() {
    assertEquals("containerd.task.v2.Task", Task.NAME);
    assertEquals(
        new TreeSet<>(
            List.of(
                "Checkpoint",
                "CloseIO",
                "Connect",
                "Create",
                "Delete",
                "Exec",
                "Kill",
                "Pause",
                "Pids",
                "ResizePty",
                "Resume",
                "Shutdown",
                "Start",
                "State",
                "Stats",
                "Update",
                "Wait")),
        new TreeSet<>(Task.METHODS.stream().map(method -> method.name()).toList()));
    assertEquals("containerd.services.events.ttrpc.v1.Events/Forward", Events.FORWARD.toString());
  }

  @Test
  void theBytesAreContainerds() {
    Timestamp time = new Timestamp(1, 2);
    String encodedTime = "0801 1002";
    assertBytes("08bdd801 108901 1a04" + encodedTime, new DeleteResponse(27709, 137, time));
    assertBytes(
        "0a0161 120162 1805 2003 2a0169 32016f 3a0165 4001 4807 5204" + encodedTime + "5a0178",
        new StateResponse("a", "b", 5, TaskStatus.STOPPED, "i", "o", "e", true, 7, time, "x"));
    assertBytes(
        "0a0161 120162 1a0a 0a0174 120173 22026f31 2001 2a0169 32016f 3a0165 42016b 4a0170"
            + "5203 0a0175",
        new CreateTaskRequest(
            "a",
            "b",
            List.of(new Mount("t", "s", "", List.of("o1"))),
            true,
            "i",
            "o",
            "e",
            "k",
            "p",
            new Any("u", new byte[0])));
    assertBytes("0a0161 120178 1805 2007 2a04" + encodedTime, new TaskExit("a", "x", 5, 7, time));
    assertBytes(
        "0a0161 1005 1807 2204" + encodedTime + "2a0178", new TaskDelete("a", 5, 7, time, "x"));
    assertBytes("0a0161 120178 1809 2001", new KillRequest("a", "x", 9, true));
    assertBytes(
        "0a14 0a04" + encodedTime + "12016e 1a0174 2206 0a0175 120176",
        new ForwardRequest(new EventEnvelope(time, "n", "t", new Any("u", new byte[] {'v'}))));
  }

  private static void assertBytes(String hex, Message message) {
    assertEquals(hex.replace(" ", ""), HexFormat.of().formatHex(message.encode()));
  }
}

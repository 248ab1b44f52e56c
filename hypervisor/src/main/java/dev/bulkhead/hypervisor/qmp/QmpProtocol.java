package dev.bulkhead.hypervisor.qmp;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One side of a QMP conversation without its I/O: bytes come in by {@link #receive}, bytes go out
 * through the {@link Output}. Commands given before QEMU has greeted are sent when it has.
 *
 * <p>The listener and the replies are called from within {@link #receive}, so they must not lead to
 * another {@link #receive} themselves.
 *
 * <p>What breaks the protocol ends the conversation: every open command fails and {@link
 * Listener#ended} tells why.
 */
public final class QmpProtocol {
  /** A line longer than this ends the conversation; QEMU's longest answers are a tenth of it. */
  public static final int LINE_LIMIT = 1 << 20;

  /** Nesting deeper than this ends the conversation, as the parser is recursive. */
  static final int NESTING_LIMIT = 64;

  /** Takes bytes to send, which are the taker's from then on. */
  public interface Output {
    void send(byte[] bytes);
  }

  /** Told what QEMU says unasked. */
  public interface Listener {
    /** An event, as "SHUTDOWN", with its data, which may be empty. */
    void event(String name, JsonObject data);

    /** Nothing more will come, and why. */
    void ended(String reason);
  }

  /** Told how a command went; exactly one of the two is called, once. */
  public interface Reply {
    /** QEMU did it; {@code value} is what it answers: an object, an array, a string, a number. */
    void done(Object value);

    void failed(QmpException failure);
  }

  private enum State {
    AWAITING_GREETING,
    NEGOTIATING,
    READY,
    ENDED
  }

  private record Pending(String command, byte[] request, Reply reply) {}

  private static final long NEGOTIATION_ID = 0;

  private final Output output;
  private final Listener listener;
  private final Map<Long, Pending> pending = new LinkedHashMap<>();
  private State state;
  private byte[] line = new byte[512];
  private int lineLength;
  private long lastId = NEGOTIATION_ID;
  private String endReason;

  private QmpProtocol(Output output, Listener listener, State state) {
    this.output = output;
    this.listener = listener;
    this.state = state;
  }

  /** A conversation that awaits QEMU's greeting. */
  public static QmpProtocol begin(Output output, Listener listener) {
    return new QmpProtocol(output, listener, State.AWAITING_GREETING);
  }

  /** A conversation that another began, who awaits no answer any more. */
  public static QmpProtocol goOn(Output output, Listener listener) {
    return new QmpProtocol(output, listener, State.READY);
  }

  /**
   * Sends a command.
   *
   * @param arguments may be empty
   */
  public void execute(String command, JsonObject arguments, Reply reply) {
    if (state == State.ENDED) {
      reply.failed(new QmpException(command, QmpException.NO_ANSWER, endReason));
      return;
    }
    long id = ++lastId;
    byte[] request = request(id, command, arguments);
    pending.put(id, new Pending(command, request, reply));
    if (state == State.READY) {
      output.send(request);
    }
  }

  private static byte[] request(long id, String command, JsonObject arguments) {
    JsonObject message = new JsonObject();
    message.put("execute", command);
    if (!arguments.isEmpty()) {
      message.put("arguments", arguments);
    }
    message.put("id", id);
    return (JsonWriter.string(message) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /** Takes bytes from QEMU. */
  public void receive(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length && state != State.ENDED; i++) {
      if (bytes[i] == '\n') {
        String text = new String(line, 0, lineLength, StandardCharsets.UTF_8).strip();
        lineLength = 0;
        if (!text.isEmpty()) {
          receiveLine(text);
        }
      } else if (lineLength == LINE_LIMIT) {
        end("QEMU sent a line of more than " + LINE_LIMIT + " bytes");
      } else {
        if (lineLength == line.length) {
          line = Arrays.copyOf(line, Math.min(LINE_LIMIT, line.length * 2));
        }
        line[lineLength++] = bytes[i];
      }
    }
  }

  private void receiveLine(String text) {
    JsonObject message;
    try {
      message = nesting(text) > NESTING_LIMIT ? null : JsonParser.object().from(text);
    } catch (JsonParserException e) {
      message = null;
    }
    if (message == null) {
      end("QEMU sent what is no JSON object");
    } else if (state == State.AWAITING_GREETING) {
      if (message.has("QMP")) {
        state = State.NEGOTIATING;
        output.send(request(NEGOTIATION_ID, "qmp_capabilities", new JsonObject()));
      } else {
        end("QEMU did not greet");
      }
    } else if (message.isString("event")) {
      listener.event(message.getString("event"), message.getObject("data", new JsonObject()));
    } else if (message.has("return") || message.has("error")) {
      receiveAnswer(message);
    } else {
      end("QEMU sent neither an answer nor an event");
    }
  }

  private void receiveAnswer(JsonObject message) {
    long id = message.isNumber("id") ? message.getLong("id") : -1;
    if (state == State.NEGOTIATING) {
      if (id == NEGOTIATION_ID && message.has("return")) {
        state = State.READY;
        // A copy, as sending may end the conversation.
        for (Pending early : List.copyOf(pending.values())) {
          output.send(early.request());
        }
      } else {
        end("QEMU refused to negotiate");
      }
      return;
    }
    Pending answered = pending.remove(id);
    if (answered == null) {
      end("QEMU answered what was not asked");
    } else if (message.has("return")) {
      answered.reply().done(message.get("return"));
    } else {
      JsonObject error = message.getObject("error", new JsonObject());
      answered
          .reply()
          .failed(
              new QmpException(
                  answered.command(),
                  error.getString("class", "GenericError"),
                  error.getString("desc", "refused without a reason")));
    }
  }

  /** The conversation is over: open commands fail. A second call does nothing. */
  public void end(String reason) {
    if (state == State.ENDED) {
      return;
    }
    state = State.ENDED;
    endReason = reason;
    line = new byte[0];
    lineLength = 0;
    Map<Long, Pending> unanswered = new LinkedHashMap<>(pending);
    pending.clear();
    for (Pending open : unanswered.values()) {
      open.reply().failed(new QmpException(open.command(), QmpException.NO_ANSWER, reason));
    }
    listener.ended(reason);
  }

  /** How deep the brackets of a JSON text are nested. */
  private static int nesting(String text) {
    int depth = 0;
    int deepest = 0;
    boolean inString = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (inString) {
        if (c == '\\') {
          i++;
        } else if (c == '"') {
          inString = false;
        }
      } else if (c == '"') {
        inString = true;
      } else if (c == '{' || c == '[') {
        deepest = Math.max(deepest, ++depth);
      } else if (c == '}' || c == ']') {
        depth--;
      }
    }
    return deepest;
  }
}

package dev.bulkhead.agent.network;

import dev.bulkhead.agent.boot.GuestFileSystems;
import dev.bulkhead.agentapi.AnswerRequest;
import dev.bulkhead.agentapi.NameMessage;
import dev.bulkhead.agentapi.NameService;
import dev.bulkhead.agentapi.NameStream;
import dev.bulkhead.agentapi.NextQuestionRequest;
import dev.bulkhead.agentapi.Question;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.linux.InetSocket;
import dev.bulkhead.linux.LinuxException;
import dev.bulkhead.linux.PortRedirection;
import dev.bulkhead.linux.UnixSocket;
import dev.bulkhead.linux.netlink.IpAddress;
import dev.bulkhead.protobuf.Empty;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.Responder;
import dev.bulkhead.ttrpc.RpcException;
import dev.bulkhead.ttrpc.ServiceRegistry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Takes the guest's questions for names at an address of its loopback and has the host answer them,
 * where the resolver is in the host's side of the network namespace. The port of names itself stays
 * free for a server of the container's own: this listens at another one.
 */
public final class GuestNames {
  private static final int PORT = 53;
  private static final int LOOPBACK = 127;

  // What is beyond these is dropped, the oldest first, as on a busy network.
  private static final int MOST_QUESTIONS = 256;
  private static final int MOST_STREAMS = 64;

  private static final long IDLE_MILLIS = 30_000;

  private final EventLoop loop;
  private final ArrayDeque<Question> unasked = new ArrayDeque<>();
  private final Map<Long, Consumer<byte[]>> unanswered = new LinkedHashMap<>();
  private final List<Stream> streams = new ArrayList<>();
  private Optional<String> address = Optional.empty();
  private Optional<Responder<Question>> host = Optional.empty();
  private long lastId;

  public GuestNames(EventLoop loop) {
    this.loop = loop;
  }

  /** Offers it to the host. */
  public void register(ServiceRegistry registry) {
    registry.on(NameService.NEXT_QUESTION, this::nextQuestion);
    registry.on(NameService.ANSWER, this::answer);
  }

  private void nextQuestion(NextQuestionRequest request, Responder<Question> responder)
      throws RpcException {
    if (address.isEmpty()) {
      try {
        listen(request.address());
      } catch (IllegalArgumentException e) {
        throw new RpcException(Code.INVALID_ARGUMENT, e.getMessage());
      } catch (LinuxException e) {
        throw new RpcException(Code.INTERNAL, e.getMessage());
      }
    } else if (!address.get().equals(request.address())) {
      throw new RpcException(
          Code.FAILED_PRECONDITION, "the guest asks for names at " + address.get() + " already");
    }
    if (host.filter(Responder::isOpen).isPresent()) {
      throw new RpcException(Code.FAILED_PRECONDITION, "the next question is awaited already");
    }
    host = Optional.of(responder);
    ask();
  }

  private void listen(String wanted) {
    byte[] bytes = IpAddress.parse(wanted).bytes();
    if (bytes.length != Integer.BYTES || bytes[0] != LOOPBACK) {
      throw new IllegalArgumentException(
          "names are asked for at an IPv4 address of the loopback, which '" + wanted + "' is not");
    }
    Fd datagrams = InetSocket.receiver(InetSocket.Peer.of(bytes, 0));
    int port = InetSocket.localPort(datagrams);
    Fd listener;
    try {
      listener = InetSocket.listen(InetSocket.Peer.of(bytes, port));
      PortRedirection.begin(GuestFileSystems.CGROUPS, InetSocket.Peer.of(bytes, PORT), port);
    } catch (LinuxException e) {
      datagrams.close();
      throw e;
    }
    loop.watch(datagrams, EventLoop.READABLE, events -> receive(datagrams));
    loop.watch(listener, EventLoop.READABLE, events -> accept(listener));
    address = Optional.of(wanted);
  }

  private void receive(Fd datagrams) {
    Optional<InetSocket.Datagram> datagram = InetSocket.receive(datagrams, NameMessage.MOST_BYTES);
    if (datagram.isPresent() && NameMessage.isQuestion(datagram.get().data())) {
      InetSocket.Peer sender = datagram.get().sender();
      question(false, datagram.get().data(), answer -> InetSocket.send(datagrams, answer, sender));
    }
  }

  private void accept(Fd listener) {
    UnixSocket.accept(listener)
        .ifPresent(
            connection -> {
              if (streams.size() == MOST_STREAMS) {
                streams.getFirst().close();
              }
              streams.add(new Stream(connection));
            });
  }

  private void question(boolean stream, byte[] message, Consumer<byte[]> answered) {
    if (unanswered.size() == MOST_QUESTIONS) {
      long oldest = unanswered.keySet().iterator().next();
      unanswered.remove(oldest);
      unasked.removeIf(question -> question.id() == oldest);
    }
    lastId++;
    unanswered.put(lastId, answered);
    unasked.add(new Question(lastId, stream, message));
    ask();
  }

  private void ask() {
    if (host.filter(Responder::isOpen).isPresent() && !unasked.isEmpty()) {
      Responder<Question> responder = host.get();
      host = Optional.empty();
      responder.succeed(unasked.remove());
    }
  }

  /** A question may be forgotten by the time that its answer comes. */
  private void answer(AnswerRequest request, Responder<Empty> responder) {
    Consumer<byte[]> answered = unanswered.remove(request.id());
    if (answered != null) {
      answered.accept(request.message());
    }
    responder.succeed(Empty.DEFAULT);
  }

  /** A connection, which asks one question after the other. */
  private final class Stream {
    private final Fd connection;
    private final EventLoop.Watch watch;
    private final NameStream messages = new NameStream();
    private final byte[] buffer = new byte[4096];
    private EventLoop.Timer idle;
    private byte[] answer = {};
    private int sent;

    Stream(Fd connection) {
      this.connection = connection;
      this.watch = loop.watch(connection, EventLoop.READABLE, this::ready);
      this.idle = loop.schedule(IDLE_MILLIS, this::close);
    }

    private void ready(int events) {
      try {
        if (sent < answer.length) {
          send();
        } else {
          read();
        }
      } catch (LinuxException e) {
        // The other end is gone, and what it asked for with it.
        close();
      }
    }

    private void read() {
      int count = connection.read(buffer, 0, buffer.length);
      if (count == 0) {
        close();
      } else if (count > 0) {
        messages.receive(buffer, count);
        take();
      }
    }

    private void take() {
      Optional<byte[]> message = messages.next();
      if (message.isEmpty()) {
        watch.interest(EventLoop.READABLE);
      } else if (NameMessage.isQuestion(message.get())) {
        watch.interest(0);
        question(true, message.get(), this::answered);
      } else {
        close();
      }
    }

    private void answered(byte[] message) {
      if (!connection.isOpen()) {
        return;
      }
      answer = NameStream.framed(message);
      sent = 0;
      try {
        send();
      } catch (LinuxException e) {
        close();
      }
    }

    private void send() {
      int count = connection.write(answer, sent, answer.length - sent);
      if (count > 0) {
        sent += count;
      }
      if (sent < answer.length) {
        watch.interest(EventLoop.WRITABLE);
        return;
      }
      idle.cancel();
      idle = loop.schedule(IDLE_MILLIS, this::close);
      take();
    }

    private void close() {
      if (connection.isOpen()) {
        idle.cancel();
        watch.close();
        connection.close();
        streams.remove(this);
      }
    }
  }
}

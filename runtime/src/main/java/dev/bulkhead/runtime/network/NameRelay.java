package dev.bulkhead.runtime.network;

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
import dev.bulkhead.linux.Namespaces;
import dev.bulkhead.sandbox.AgentClient;
import dev.bulkhead.sandbox.AgentException;
import dev.bulkhead.ttrpc.Code;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Answers the guest's questions for names by the resolver in its network namespace. A question and
 * its answer are passed on as they are; the guest gets no other way into the namespace by it than
 * to this one port, over a limited number of sockets at a time.
 */
public final class NameRelay implements AutoCloseable {
  private static final int MOST_LOOKUPS = 64;
  private static final long LOOKUP_MILLIS = 20_000;
  private static final String NAMESPACE_KIND = "net";

  private final EventLoop loop;
  private final Fd namespace;
  private final InetSocket.Peer resolver;
  private final String address;
  private final AgentClient agent;
  private final Consumer<String> warn;
  private final List<Lookup> lookups = new ArrayList<>();
  private boolean listening;
  private boolean closed;

  /**
   * A relay that does nothing yet.
   *
   * @param namespace where the resolver is; it stays its owner's
   * @param resolver where it is there
   * @param address where the guest's containers look for it
   * @param warn told if the guest's agent has no part in this
   */
  public NameRelay(
      EventLoop loop,
      Fd namespace,
      InetSocket.Peer resolver,
      String address,
      AgentClient agent,
      Consumer<String> warn) {
    this.loop = loop;
    this.namespace = namespace;
    this.resolver = resolver;
    this.address = address;
    this.agent = agent;
    this.warn = warn;
  }

  /** Lets the guest ask from now on: what the agent is sent later comes after this. */
  public void listen() {
    if (closed || listening || lookups.size() == MOST_LOOKUPS) {
      return;
    }
    listening = true;
    agent.send(
        NameService.NEXT_QUESTION,
        NextQuestionRequest.DEFAULT.withAddress(address),
        new AgentClient.Callback<Question>() {
          @Override
          public void answered(Question question) {
            listening = false;
            take(question);
            listen();
          }

          @Override
          public void failed(AgentException failure) {
            // That the machine is gone is told by others.
            if (failure.code() != Code.UNAVAILABLE) {
              warn.accept(
                  "names at " + address + " are not known in the guest: " + failure.getMessage());
            }
          }
        });
  }

  private void take(Question question) {
    if (closed) {
      return;
    }
    if (!NameMessage.isQuestion(question.message())) {
      answer(question.id(), new byte[0]);
      return;
    }
    try {
      lookups.add(new Lookup(question));
    } catch (LinuxException e) {
      answer(question.id(), NameMessage.failure(question.message()));
    }
  }

  private void answer(long id, byte[] message) {
    agent.send(NameService.ANSWER, new AnswerRequest(id, message), AgentClient.ignoring());
  }

  /** One question to the resolver, over a socket of its own in the namespace. */
  private final class Lookup {
    private final Question question;
    private final Fd socket;
    private final EventLoop.Watch watch;
    private final EventLoop.Timer limit;
    private final NameStream stream = new NameStream();
    private final byte[] unsent;
    private int sent;

    Lookup(Question question) {
      this.question = question;
      this.unsent = question.stream() ? NameStream.framed(question.message()) : question.message();
      this.socket =
          Namespaces.within(
              namespace,
              Namespaces.NETWORK,
              NAMESPACE_KIND,
              () ->
                  question.stream()
                      ? InetSocket.connect(resolver)
                      : InetSocket.datagramsTo(resolver));
      this.watch = loop.watch(socket, EventLoop.WRITABLE, this::ready);
      this.limit = loop.schedule(LOOKUP_MILLIS, this::fail);
    }

    private void ready(int events) {
      try {
        if (sent < unsent.length) {
          write();
        } else {
          read().ifPresent(this::finish);
        }
      } catch (LinuxException e) {
        // Nobody listens there, or whoever did hung up.
        fail();
      }
    }

    private void write() {
      int count = socket.write(unsent, sent, unsent.length - sent);
      if (count > 0) {
        sent += count;
      }
      if (sent == unsent.length) {
        watch.interest(EventLoop.READABLE);
      }
    }

    private Optional<byte[]> read() {
      byte[] buffer = new byte[NameMessage.MOST_BYTES];
      int count = socket.read(buffer, 0, buffer.length);
      if (count == Fd.WOULD_BLOCK) {
        return Optional.empty();
      }
      if (!question.stream()) {
        return Optional.of(Arrays.copyOf(buffer, count));
      }
      if (count == 0) {
        fail();
        return Optional.empty();
      }
      stream.receive(buffer, count);
      return stream.next();
    }

    private void fail() {
      finish(NameMessage.failure(question.message()));
    }

    private void finish(byte[] message) {
      if (lookups.remove(this)) {
        close();
        answer(question.id(), message);
        listen();
      }
    }

    private void close() {
      limit.cancel();
      watch.close();
      socket.close();
    }
  }

  /** Gives up all questions. */
  @Override
  public void close() {
    closed = true;
    lookups.forEach(Lookup::close);
    lookups.clear();
  }
}

package dev.bulkhead.sandbox;

import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.CloseStdinRequest;
import dev.bulkhead.agentapi.ReadStreamRequest;
import dev.bulkhead.agentapi.ReadStreamResponse;
import dev.bulkhead.agentapi.WriteStreamRequest;
import dev.bulkhead.agentapi.WriteStreamResponse;
import dev.bulkhead.linux.EventLoop;
import dev.bulkhead.linux.Fd;
import dev.bulkhead.protobuf.Empty;
import dev.bulkhead.ttrpc.Method;
import java.util.Optional;

/**
 * Copies between a guest process's standard streams and descriptors of the host. The next piece is
 * asked for only when the last ones are taken, so a slow reader slows the writer in the guest.
 */
public final class ProcessStreams implements AutoCloseable {
  private static final int PIECE = 64 << 10;

  private final AgentClient agent;
  private final String containerId;
  private final String processId;
  private final Optional<Source> input;
  private final Copy output;
  private final Copy errors;
  private Runnable onDrained = () -> {};
  private boolean inputEnding;
  private long delivered;

  /**
   * The host's side of a process's streams; they stay their owner's.
   *
   * @param input absent for a process that gets no input: it reads the end from its start on
   * @param errors absent for a terminal
   */
  public record HostStreams(Optional<Fd> input, Optional<Fd> output, Optional<Fd> errors) {}

  private ProcessStreams(
      EventLoop loop, AgentClient agent, String containerId, String processId, HostStreams host) {
    this.agent = agent;
    this.containerId = containerId;
    this.processId = processId;
    this.input = host.input().map(fd -> new Source(loop, fd));
    this.output = new Copy(AgentService.READ_STDOUT, host.output().map(fd -> Sink.to(loop, fd)));
    this.errors = new Copy(AgentService.READ_STDERR, host.errors().map(fd -> Sink.to(loop, fd)));
  }

  /** Begins to copy the output; {@link #feedInput} begins with the input. */
  public static ProcessStreams attach(
      EventLoop loop, AgentClient agent, String containerId, String processId, HostStreams host) {
    ProcessStreams streams = new ProcessStreams(loop, agent, containerId, processId, host);
    streams.output.next();
    streams.errors.next();
    if (streams.input.isEmpty()) {
      // Now and not when the process runs, which the guest would be kept from.
      streams.closeInput();
    }
    return streams;
  }

  /** Begins to copy the input to a process that was started. */
  public void feedInput() {
    if (input.isPresent()) {
      readInput();
    }
  }

  /**
   * Ends the input when what has been written so far is passed on, though its writer stays. Of a
   * descriptor that does not block.
   */
  public void endInput() {
    boolean waiting = !inputEnding && input.map(Source::stopWaiting).orElse(false);
    inputEnding = true;
    if (waiting) {
      readInput();
    }
  }

  private void readInput() {
    if (inputEnding) {
      passOn(input.get().readNow());
    } else {
      input.get().read(this::passOn);
    }
  }

  private void passOn(byte[] bytes) {
    if (bytes.length == 0) {
      closeInput();
    } else {
      writeInput(bytes);
    }
  }

  private void writeInput(byte[] bytes) {
    WriteStreamRequest request =
        WriteStreamRequest.DEFAULT
            .withContainerId(containerId)
            .withExecId(processId)
            .withData(bytes);
    agent.send(
        AgentService.WRITE_STDIN,
        request,
        new AgentClient.Callback<WriteStreamResponse>() {
          @Override
          public void answered(WriteStreamResponse response) {
            readInput();
          }

          @Override
          public void failed(AgentException failure) {
            // The process does not read any more; nobody has to be told, as with a pipe of a shell.
            input.ifPresent(Source::close);
          }
        });
  }

  private void closeInput() {
    CloseStdinRequest request =
        CloseStdinRequest.DEFAULT.withContainerId(containerId).withExecId(processId);
    agent.send(
        AgentService.CLOSE_STDIN,
        request,
        new AgentClient.Callback<Empty>() {
          @Override
          public void answered(Empty response) {}

          @Override
          public void failed(AgentException failure) {
            // The process has ended, and its input with it.
          }
        });
  }

  /** Whether all output of the process has been delivered. */
  public boolean isDrained() {
    return output.isDone() && errors.isDone();
  }

  /** Bytes of output that came so far; it stands still while nobody takes them. */
  public long delivered() {
    return delivered;
  }

  /** Calls {@code action} in the loop once all output has been delivered. */
  public void onDrained(Runnable action) {
    if (isDrained()) {
      action.run();
    } else {
      onDrained = action;
    }
  }

  /** Whether the host's reader of the output went away before its end. */
  public boolean isOutputRefused() {
    return output.isRefused();
  }

  /** One direction: guest to host. */
  private final class Copy {
    private final Method<ReadStreamRequest, ReadStreamResponse> method;
    private final Optional<Sink> sink;
    private final ReadStreamRequest request =
        ReadStreamRequest.DEFAULT.withContainerId(containerId).withExecId(processId).withLen(PIECE);
    private boolean ended;

    Copy(Method<ReadStreamRequest, ReadStreamResponse> method, Optional<Sink> sink) {
      this.method = method;
      this.sink = sink;
    }

    void next() {
      agent.send(
          method,
          request,
          new AgentClient.Callback<ReadStreamResponse>() {
            @Override
            public void answered(ReadStreamResponse response) {
              byte[] data = response.data();
              delivered += data.length;
              if (data.length == 0) {
                end();
              } else if (sink.isPresent()) {
                sink.get().write(data, Copy.this::next);
              } else {
                next();
              }
            }

            @Override
            public void failed(AgentException failure) {
              end();
            }
          });
    }

    private void end() {
      ended = true;
      // The next piece is asked for when the last one is taken, so nothing is left in the sink.
      if (isDrained()) {
        onDrained.run();
      }
    }

    boolean isDone() {
      return ended && sink.map(Sink::isEmpty).orElse(true);
    }

    boolean isRefused() {
      return sink.map(Sink::isBroken).orElse(false);
    }

    void close() {
      sink.ifPresent(Sink::close);
    }
  }

  @Override
  public void close() {
    input.ifPresent(Source::close);
    output.close();
    errors.close();
  }
}

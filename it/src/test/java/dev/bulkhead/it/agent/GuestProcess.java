package dev.bulkhead.it.agent;

import dev.bulkhead.agentapi.AgentService;
import dev.bulkhead.agentapi.CloseStdinRequest;
import dev.bulkhead.agentapi.ReadStreamRequest;
import dev.bulkhead.agentapi.ReadStreamResponse;
import dev.bulkhead.agentapi.SignalProcessRequest;
import dev.bulkhead.agentapi.TtyWinResizeRequest;
import dev.bulkhead.agentapi.WaitProcessRequest;
import dev.bulkhead.agentapi.WaitProcessResponse;
import dev.bulkhead.agentapi.WriteStreamRequest;
import dev.bulkhead.agentapi.WriteStreamResponse;
import dev.bulkhead.ttrpc.Method;
import dev.bulkhead.ttrpc.RpcException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/** A process in a guest, by its container and its id. */
record GuestProcess(Guest guest, String containerId, String id) {
  private static final int PIECE = 64 << 10;

  /** Asks for the exit code. */
  CompletableFuture<WaitProcessResponse> sendWait() {
    return guest
        .connection()
        .send(
            AgentService.WAIT_PROCESS,
            WaitProcessRequest.DEFAULT.withContainerId(containerId).withExecId(id));
  }

  /** Waits for the exit code. */
  int awaitExit() throws RpcException {
    return AgentConnection.await("WaitProcess", sendWait()).status();
  }

  /** Asks for the next bytes of an output. */
  CompletableFuture<ReadStreamResponse> sendRead(
      Method<ReadStreamRequest, ReadStreamResponse> stream, int length) {
    return guest
        .connection()
        .send(
            stream,
            ReadStreamRequest.DEFAULT.withContainerId(containerId).withExecId(id).withLen(length));
  }

  /** The next bytes of standard output; none at its end. */
  byte[] read(int length) throws RpcException {
    return AgentConnection.await("ReadStdout", sendRead(AgentService.READ_STDOUT, length)).data();
  }

  /** Standard output up to the first place where this text stands. */
  String readUntil(String text) throws RpcException {
    StringBuilder output = new StringBuilder();
    while (output.indexOf(text) < 0) {
      byte[] bytes = read(PIECE);
      if (bytes.length == 0) {
        throw new AssertionError("'" + text + "' did not come: " + output);
      }
      output.append(new String(bytes, StandardCharsets.UTF_8));
    }
    return output.toString();
  }

  private CompletableFuture<byte[]> readAll(Method<ReadStreamRequest, ReadStreamResponse> stream) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    CompletableFuture<byte[]> done = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> {
          try {
            byte[] bytes = AgentConnection.await("a read", sendRead(stream, PIECE)).data();
            while (bytes.length > 0) {
              all.writeBytes(bytes);
              bytes = AgentConnection.await("a read", sendRead(stream, PIECE)).data();
            }
            done.complete(all.toByteArray());
          } catch (RpcException | RuntimeException | AssertionError e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  /** Reads both outputs to their ends and waits for the exit. */
  ProcessResult finish() throws RpcException {
    CompletableFuture<byte[]> output = readAll(AgentService.READ_STDOUT);
    CompletableFuture<byte[]> errors = readAll(AgentService.READ_STDERR);
    int code = awaitExit();
    return new ProcessResult(
        code,
        AgentConnection.await("standard output", output),
        AgentConnection.await("standard error", errors));
  }

  /** Sends bytes to standard input. */
  CompletableFuture<WriteStreamResponse> sendWrite(byte[] bytes) {
    return guest
        .connection()
        .send(
            AgentService.WRITE_STDIN,
            WriteStreamRequest.DEFAULT.withContainerId(containerId).withExecId(id).withData(bytes));
  }

  /** Writes to standard input and waits until it is taken. */
  void write(String text) throws RpcException {
    AgentConnection.await("WriteStdin", sendWrite(text.getBytes(StandardCharsets.UTF_8)));
  }

  void closeInput() throws RpcException {
    guest
        .connection()
        .call(
            AgentService.CLOSE_STDIN,
            CloseStdinRequest.DEFAULT.withContainerId(containerId).withExecId(id));
  }

  void signal(int signal) throws RpcException {
    guest
        .connection()
        .call(
            AgentService.SIGNAL_PROCESS,
            SignalProcessRequest.DEFAULT
                .withContainerId(containerId)
                .withExecId(id)
                .withSignal(signal));
  }

  void resize(int rows, int columns) throws RpcException {
    guest
        .connection()
        .call(
            AgentService.TTY_WIN_RESIZE,
            TtyWinResizeRequest.DEFAULT
                .withContainerId(containerId)
                .withExecId(id)
                .withRow(rows)
                .withColumn(columns));
  }
}

package dev.bulkhead.agent.network;

import dev.bulkhead.agent.process.GuestPrograms;
import dev.bulkhead.agentapi.GetIPTablesRequest;
import dev.bulkhead.agentapi.GetIPTablesResponse;
import dev.bulkhead.agentapi.SetIPTablesRequest;
import dev.bulkhead.agentapi.SetIPTablesResponse;
import dev.bulkhead.linux.Files;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.ttrpc.Code;
import dev.bulkhead.ttrpc.Responder;
import dev.bulkhead.ttrpc.RpcException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The guest's packet filter in the text form of iptables-save(8), read and written by the guest's
 * own programs, where Kata's agent looks for them. A guest without them has no such tables.
 */
final class PacketTables {
  private static final String DIRECTORY = "/sbin/";
  private static final List<String> WAITING = List.of("--wait", "10");

  private final GuestPrograms programs;

  PacketTables(GuestPrograms programs) {
    this.programs = programs;
  }

  /** Answers all tables. */
  void get(GetIPTablesRequest request, Responder<GetIPTablesResponse> responder)
      throws RpcException {
    run(
        program(request.isIpv6(), "save"),
        List.of(),
        new byte[0],
        responder,
        GetIPTablesResponse::new);
  }

  /** Replaces the tables that the request names, and answers what the program said. */
  void set(SetIPTablesRequest request, Responder<SetIPTablesResponse> responder)
      throws RpcException {
    run(
        program(request.isIpv6(), "restore"),
        WAITING,
        request.data(),
        responder,
        SetIPTablesResponse::new);
  }

  private static String program(boolean v6, String action) {
    return DIRECTORY + (v6 ? "ip6tables-" : "iptables-") + action;
  }

  private <R extends Message> void run(
      String program,
      List<String> arguments,
      byte[] input,
      Responder<R> responder,
      Function<byte[], R> answer)
      throws RpcException {
    if (!Files.exists(program)) {
      throw new RpcException(
          Code.FAILED_PRECONDITION,
          "the guest has no program "
              + program
              + ", so its packet filter can neither be read nor set; use an initrd that has it,"
              + " with the kernel's modules, or filter on the host's side of the interface");
    }
    List<String> words = new ArrayList<>(List.of(program));
    words.addAll(arguments);
    programs.run(
        words,
        input,
        result -> {
          if (result.code() == 0) {
            responder.succeed(answer.apply(result.output()));
          } else {
            String said = new String(result.errors(), StandardCharsets.UTF_8).trim();
            responder.fail(
                new RpcException(
                    Code.INTERNAL,
                    program + " failed with exit code " + result.code() + ": " + said));
          }
        });
  }
}

package dev.bulkhead.it.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bulkhead.oci.Spec;
import dev.bulkhead.ttrpc.RpcException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives the tests of a class one guest with a sandbox, as a parameter, and compares the guest
 * before and after each: the agent's descriptors, its mounts, the containers' cgroups, the
 * processes. What a test leaves fails it.
 */
final class GuestExtension
    implements BeforeAllCallback,
        AfterAllCallback,
        BeforeEachCallback,
        AfterEachCallback,
        ParameterResolver {
  /** Seen from a container without a PID namespace of its own, after standard input was closed. */
  private static final String STATE =
      "cat; ls /proc/1/fd | wc -l; cut -d' ' -f5- /proc/1/mountinfo;"
          + " ls -d /proc/1/root/sys/fs/cgroup/containers/*/; ls /proc/1/root/run/new-root;"
          + " for p in /proc/[0-9]*; do readlink $p/exe > /dev/null && cat $p/comm; done; true";

  private Guest guest;
  private GuestContainer inspector;
  private String before;

  @Override
  public void beforeAll(ExtensionContext context) throws RpcException {
    guest = Guest.withSandbox();
    Spec spec = Specs.withoutNamespace(Specs.of(guest.newRoot(), "sleep", "1000000"), "pid");
    inspector = GuestContainer.start(guest, spec);
    // The first look brings in what stays: the inspector's pages, the agent's caches.
    state();
  }

  @Override
  public void beforeEach(ExtensionContext context) throws RpcException {
    before = state();
  }

  @Override
  public void afterEach(ExtensionContext context) throws RpcException {
    if (context.getExecutionException().isPresent()) {
      System.err.println(guest.console());
    }
    assertEquals(before, state(), "the guest before and after the test");
  }

  private String state() throws RpcException {
    String state = inspector.run(Specs.privilegedProcess("sh", "-c", STATE)).succeeds().output();
    // Sorted here: a process that sorts there would be one of those that are listed.
    return state.lines().sorted().collect(Collectors.joining("\n"));
  }

  @Override
  public void afterAll(ExtensionContext context) {
    if (guest == null) {
      return;
    }
    if (context.getExecutionException().isPresent()) {
      System.err.println(guest.console());
    }
    guest.close();
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == Guest.class || type == Inspector.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Guest.class ? guest : new Inspector(inspector);
  }

  /** A container that sees all processes of the guest and may look into all. */
  record Inspector(GuestContainer container) {
    /** What a shell command that has to succeed writes. */
    String output(String shellCommand) throws RpcException {
      return container.run(Specs.privilegedProcess("sh", "-c", shellCommand)).succeeds().output();
    }
  }
}

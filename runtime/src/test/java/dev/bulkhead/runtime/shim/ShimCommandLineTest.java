package dev.bulkhead.runtime.shim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ShimCommandLineTest {
  @Test
  void readsWhatContainerdGives() throws ShimException {
    ShimCommandLine start =
        parse(
            "-namespace k8s.io -address /c.sock -publish-binary /usr/bin/containerd -id t1"
                + " -debug start");
    assertEquals(
        new ShimCommandLine(ShimCommandLine.Action.START, "k8s.io", "/c.sock", "t1", "", true),
        start);
    ShimCommandLine delete =
        parse("--namespace=k8s.io -address=/c.sock -id t1 -bundle /b -debug=false delete");
    assertEquals(
        new ShimCommandLine(ShimCommandLine.Action.DELETE, "k8s.io", "/c.sock", "t1", "/b", false),
        delete);
    assertEquals(ShimCommandLine.Action.VERSION, parse("-v").action());
    assertEquals(ShimCommandLine.Action.INFO, parse("-info").action());
  }

  @Test
  void refusesTheRestInASentence() {
    assertTrue(refusal("-namespace n -address a start").contains("-id is missing"));
    assertTrue(refusal("-namespace n -address a -id").contains("'-id' has no value"));
    assertTrue(refusal("-colour red start").contains("'-colour' is unknown"));
    assertTrue(
        refusal("-namespace n -address a -id i serve").contains("io.containerd.bulkhead.v2"));
    assertTrue(refusal("").contains("is started by containerd"));
  }

  private static ShimCommandLine parse(String line) throws ShimException {
    return ShimCommandLine.parse(List.of(line.split(" ")));
  }

  private static String refusal(String line) {
    List<String> words = line.isEmpty() ? List.of() : List.of(line.split(" "));
    return assertThrows(ShimException.class, () -> ShimCommandLine.parse(words)).getMessage();
  }
}

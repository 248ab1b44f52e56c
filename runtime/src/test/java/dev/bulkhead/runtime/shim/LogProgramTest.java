package dev.bulkhead.runtime.shim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bulkhead.runtime.container.ContainerException;
import dev.bulkhead.runtime.shim.LogProgram.Address;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogProgramTest {
  @Test
  void readsAddresses() {
    assertEquals(new Address("/bin/log", List.of()), Address.parse("binary:///bin/log"));
    assertEquals(
        new Address("/my log", List.of("id", "a b", "x", "", "%", "ä+")),
        Address.parse("binary:///my%20log?id=a+b&x&&%25=%c3%a4%2B"));
    assertEquals(
        new Address("/100%", List.of("%zz", "5%")), Address.parse("binary:///100%?%zz=5%"));
  }

  @Test
  void refusesWhatIsNoPath() {
    for (String bad : List.of("binary://", "binary://host/log", "binary://log")) {
      assertThrows(ContainerException.class, () -> Address.parse(bad), bad);
    }
  }
}

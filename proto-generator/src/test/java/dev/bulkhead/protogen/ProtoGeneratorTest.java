package dev.bulkhead.protogen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the generator takes, refuses and writes. How the generated Java behaves is tested where it
 * is used, with messages that have every kind of field.
 */
class ProtoGeneratorTest {
  @TempDir private Path directory;

  @Test
  void aMessageBecomesARecord() throws IOException {
    Map<Path, String> files =
        generate("// A box.\nmessage Box {\n  // In metres.\n  uint32 box_height = 3;\n}");
    String source = files.get(Path.of("dev/example/Box.java"));
    assertEquals(1, files.size());
    assertTrue(source.contains("/** A box."), source);
    assertTrue(source.contains("* @param boxHeight In metres."), source);
    assertTrue(source.contains("public record Box(int boxHeight) implements Message {"), source);
    assertTrue(source.contains("case 24 -> boxHeight = in.readVarint32();"), source);
    assertFalse(source.contains("Json"), source);
  }

  @Test
  void aServiceBecomesConstants() throws IOException {
    Map<Path, String> files =
        generate(
            "message Q {}\nmessage R {}\n"
                + "service S {\n  rpc GetOOMEvent(Q) returns (R);\n  rpc Two(Q) returns (R);\n}");
    String source = files.get(Path.of("dev/example/S.java"));
    assertTrue(source.contains("String NAME = \"example.S\";"), source);
    assertTrue(source.contains("public static final Method<Q, R> GET_OOM_EVENT ="), source);
    assertTrue(source.contains("METHODS = List.of("), source);
  }

  @ParameterizedTest
  @CsvSource({
    "GetOOMEvent, GET_OOM_EVENT",
    "OnlineCPUMem, ONLINE_CPU_MEM",
    "AddARPNeighbors, ADD_ARP_NEIGHBORS",
    "CreateSandbox, CREATE_SANDBOX",
    "Check, CHECK",
    "CloseIO, CLOSE_IO",
  })
  void constantsAreUpperCase(String name, String constant) {
    assertEquals(constant, JavaNames.constant(name));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "message A { oneof b { int32 c = 1; } } | oneof is not supported",
        "message A { message B {} } | Types within messages are not supported",
        "message A { int32 interface = 1; } | The field name interface is taken in Java",
        "message A { int32 hash_code = 1; } | The field name hash_code is taken in Java",
        "message A { int32 tag = 1; } | The field name tag is taken in Java",
        "message A { repeated bytes b = 1; } | Lists and maps of bytes are not supported",
        "message A { map<string, bytes> b = 1; } | Lists and maps of bytes are not supported",
        "enum E { ZERO = 0; MINUS = -1; } | The number -1 is taken",
        "message A {} service S { rpc B(stream A) returns (A); } | Streaming calls are not",
        "message A {} service S { rpc B(A) returns (stream A); } | Streaming calls are not",
      })
  void whatIsNotSupportedIsRefusedByItsPlace(String declaration, String message) {
    SchemaException e = assertThrows(SchemaException.class, () -> generate(declaration));
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertTrue(e.getMessage().contains("example.proto"), e.getMessage());
  }

  @Test
  void aFileWithoutJavaPackageIsRefused() throws IOException {
    Files.writeString(
        directory.resolve("example.proto"), "syntax = \"proto3\";\npackage example;\nmessage A {}");
    SchemaException e =
        assertThrows(
            SchemaException.class, () -> new ProtoGenerator(directory, List.of()).generate());
    assertTrue(e.getMessage().contains("java_package"), e.getMessage());
  }

  @Test
  void whatIsNotDeclaredIsRefused() {
    RuntimeException e =
        assertThrows(RuntimeException.class, () -> generate("message A { Missing m = 1; }"));
    assertTrue(e.getMessage().contains("Missing"), e.getMessage());
  }

  @Test
  void unchangedFilesAreLeftAlone() throws IOException {
    generate("message A {}");
    Path output = directory.resolve("out");
    String[] arguments = {directory.toString(), output.toString(), directory.toString()};
    ProtoGenerator.main(arguments);
    Path file = output.resolve("dev/example/A.java");
    FileTime longAgo = FileTime.fromMillis(1_000_000_000_000L);
    Files.setLastModifiedTime(file, longAgo);
    ProtoGenerator.main(arguments);
    assertEquals(longAgo, Files.getLastModifiedTime(file));
    Files.writeString(file, "something else");
    ProtoGenerator.main(arguments);
    assertTrue(Files.readString(file).contains("record A()"));
  }

  @Test
  void threeArgumentsAreWanted() {
    assertThrows(
        IllegalArgumentException.class, () -> ProtoGenerator.main(new String[] {"only one"}));
  }

  private Map<Path, String> generate(String declarations) throws IOException {
    Files.writeString(
        directory.resolve("example.proto"),
        "syntax = \"proto3\";\npackage example;\noption java_package = \"dev.example\";\n"
            + declarations);
    return new ProtoGenerator(directory, List.of()).generate();
  }
}

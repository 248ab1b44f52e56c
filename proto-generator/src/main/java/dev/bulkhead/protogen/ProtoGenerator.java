package dev.bulkhead.protogen;

import com.squareup.wire.schema.EnumType;
import com.squareup.wire.schema.Location;
import com.squareup.wire.schema.MessageType;
import com.squareup.wire.schema.Options;
import com.squareup.wire.schema.ProtoFile;
import com.squareup.wire.schema.ProtoMember;
import com.squareup.wire.schema.Schema;
import com.squareup.wire.schema.SchemaLoader;
import com.squareup.wire.schema.Service;
import com.squareup.wire.schema.Type;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the Java of a directory of {@code .proto} files.
 *
 * <p>Arguments: the directory to generate for, the directory to write to, and the directories in
 * which imports are looked up, separated by colons.
 */
public final class ProtoGenerator {
  private static final ProtoMember JSON = ProtoMember.get(Options.FILE_OPTIONS, "bulkhead.json");

  private final Path sources;
  private final List<Path> imports;

  ProtoGenerator(Path sources, List<Path> imports) {
    this.sources = sources;
    this.imports = List.copyOf(imports);
  }

  /**
   * Runs the generator.
   *
   * @throws IOException when a file cannot be read or written
   */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 3) {
      throw new IllegalArgumentException(
          "The generator wants three arguments: source, output and import directories.");
    }
    Path output = Path.of(arguments[1]);
    List<Path> imports = Arrays.stream(arguments[2].split(":")).map(Path::of).toList();
    Map<Path, String> files = new ProtoGenerator(Path.of(arguments[0]), imports).generate();
    for (Map.Entry<Path, String> file : files.entrySet()) {
      write(output.resolve(file.getKey()), file.getValue());
    }
  }

  /** Leaves a file alone that is as it should be, so that nothing is compiled again for it. */
  private static void write(Path path, String content) throws IOException {
    if (Files.exists(path) && Files.readString(path).equals(content)) {
      return;
    }
    Files.createDirectories(path.getParent());
    Files.writeString(path, content);
  }

  /**
   * The Java files, by their path below the output directory.
   *
   * @throws SchemaException when a file says what the generator does not take
   */
  Map<Path, String> generate() {
    SchemaLoader loader = new SchemaLoader(FileSystems.getDefault());
    loader.initRoots(
        List.of(Location.get(sources.toString())),
        imports.stream().map(path -> Location.get(path.toString())).toList());
    Schema schema = loader.loadSchema();
    Map<Path, String> files = new LinkedHashMap<>();
    for (ProtoFile file : loader.getSourcePathFiles()) {
      JavaTypes types = new JavaTypes(schema, file.javaPackage());
      boolean json = "true".equals(file.getOptions().get(JSON));
      for (Type type : file.getTypes()) {
        switch (type) {
          case MessageType message ->
              add(
                  files,
                  file,
                  message.getName(),
                  new MessageSource(message, types, json).write(),
                  json);
          case EnumType enumType ->
              add(files, file, enumType.getName(), new EnumSource(enumType).write(), false);
          default ->
              throw new SchemaException(type.getLocation(), "The type is no message and no enum.");
        }
      }
      for (Service service : file.getServices()) {
        add(files, file, service.name(), new ServiceSource(service, types).write(), false);
      }
    }
    return files;
  }

  private static void add(
      Map<Path, String> files, ProtoFile file, String name, String source, boolean json) {
    String javaPackage = JavaTypes.packageOf(file);
    StringBuilder text = new StringBuilder();
    text.append("// Generated from ")
        .append(file.getLocation().getPath())
        .append(". Do not edit.\n");
    text.append("package ").append(javaPackage).append(";\n\n");
    for (String imported : imports(json)) {
      String simpleName = imported.substring(imported.lastIndexOf('.') + 1);
      boolean elsewhere = !imported.equals(javaPackage + "." + simpleName);
      if (elsewhere && source.contains(simpleName)) {
        text.append("import ").append(imported).append(";\n");
      }
    }
    text.append('\n').append(source);
    Path path = Path.of(javaPackage.replace('.', '/'), name + ".java");
    if (files.put(path, text.toString()) != null) {
      throw new SchemaException(
          file.getLocation(), "There are two types " + javaPackage + "." + name + ".");
    }
  }

  private static List<String> imports(boolean json) {
    List<String> imports = new ArrayList<>();
    if (json) {
      imports.add("com.grack.nanojson.JsonArray");
      imports.add("com.grack.nanojson.JsonObject");
      imports.add("dev.bulkhead.oci.json.InvalidJsonException");
      imports.add("dev.bulkhead.oci.json.JsonFields");
      imports.add("dev.bulkhead.oci.json.JsonMessage");
      imports.add("dev.bulkhead.oci.json.JsonType");
    }
    imports.add("dev.bulkhead.protobuf.MalformedMessageException");
    imports.add("dev.bulkhead.protobuf.Message");
    imports.add("dev.bulkhead.protobuf.MessageDecoder");
    imports.add("dev.bulkhead.protobuf.OrderedMap");
    imports.add("dev.bulkhead.protobuf.ProtoReader");
    imports.add("dev.bulkhead.protobuf.ProtoWriter");
    imports.add("dev.bulkhead.ttrpc.Method");
    imports.add("java.util.ArrayList");
    imports.add("java.util.Arrays");
    imports.add("java.util.LinkedHashMap");
    imports.add("java.util.List");
    imports.add("java.util.Map");
    imports.add("java.util.Objects");
    return imports;
  }
}

package dev.bulkhead.protogen;

import com.squareup.wire.schema.MessageType;
import com.squareup.wire.schema.Options;
import com.squareup.wire.schema.ProtoMember;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The Java record of a message. */
final class MessageSource {
  private static final ProtoMember JSON_ALWAYS =
      ProtoMember.get(Options.FIELD_OPTIONS, "bulkhead.json_always");

  private final MessageType message;
  private final String name;
  private final List<MessageField> fields;
  private final boolean json;
  private final SourceText out = new SourceText();

  /**
   * @param json whether the record also has a JSON form
   */
  MessageSource(MessageType message, JavaTypes types, boolean json) {
    if (!message.getNestedTypes().isEmpty()) {
      throw new SchemaException(
          message.getNestedTypes().getFirst().getLocation(),
          "Types within messages are not supported. Declare the type beside the message.");
    }
    this.message = message;
    this.name = message.getName();
    this.fields = types.fields(message);
    this.json = json;
  }

  /** The source, without package and imports. */
  String write() {
    documentation();
    out.add(
        "public record %s(%s) implements %s {"
            .formatted(
                name,
                joined(", ", field -> field.javaType() + " " + field.name()),
                json ? "Message, JsonMessage" : "Message"));
    if (has(FieldType.Scalar.BYTES)) {
      out.add("private static final byte[] NO_BYTES = {};\n");
    }
    out.add("/** The message of which every field is absent. */");
    out.add(
        "public static final %s DEFAULT = new %s(%s);\n"
            .formatted(name, name, joined(", ", MessageField::defaultValue)));
    constructor();
    fields.forEach(this::accessor);
    fields.forEach(this::wither);
    decoding();
    encoding();
    if (has(FieldType.Scalar.BYTES)) {
      equality();
    }
    if (json) {
      fromJson();
      toJson();
    }
    out.add("}");
    return out.toString();
  }

  private void documentation() {
    String about = message.getDocumentation().isBlank() ? name + "." : message.getDocumentation();
    out.add("/** " + SourceText.escaped(about).replace("\n", "\n * ") + "\n *");
    for (MessageField field : fields) {
      String text = field.declared().getDocumentation().strip().replaceAll("\\s+", " ");
      String meaning = text.isEmpty() ? "field " + field.declared().getTag() : text;
      out.add("* @param " + field.name() + " " + SourceText.escaped(meaning));
    }
    out.add("*/");
  }

  private void constructor() {
    List<String> statements =
        fields.stream().map(MessageSource::check).filter(s -> !s.isEmpty()).toList();
    if (!statements.isEmpty()) {
      out.add("/** Copies lists and maps; byte arrays are kept and must not be changed. */");
      out.add("public " + name + " {\n" + String.join("\n", statements) + "\n}\n");
    }
  }

  private static String check(MessageField field) {
    String component = field.name();
    return switch (field) {
      case MessageField.Single single
          when single.type() instanceof FieldType.Scalar scalar && scalar.packable() ->
          "";
      case MessageField.Single single ->
          "Objects.requireNonNull(%s, \"%s\");".formatted(component, component);
      case MessageField.Nullable nullable -> "";
      case MessageField.Repeated repeated -> component + " = List.copyOf(" + component + ");";
      case MessageField.Mapped mapped -> component + " = OrderedMap.copyOf(" + component + ");";
    };
  }

  private void accessor(MessageField field) {
    if (!(field instanceof MessageField.Nullable nullable)) {
      return;
    }
    out.add("/** Whether {@link #%s} is there. */".formatted(field.name()));
    out.add(
        "public boolean has%s() {\nreturn %s != null;\n}\n"
            .formatted(JavaNames.capitalized(field.name()), field.name()));
    out.add("/** The field's value, or its default when it is absent. */\n@Override");
    out.add(
        "public %s %s() {\nreturn %s != null ? %s : %s;\n}\n"
            .formatted(
                field.javaType(),
                field.name(),
                field.name(),
                field.name(),
                nullable.answerWhenAbsent()));
  }

  private void wither(MessageField field) {
    out.add(
        "/** A copy with another {@link #%s}%s. */"
            .formatted(
                field.name(),
                field instanceof MessageField.Nullable ? "; null takes the field away" : ""));
    out.add(
        "public %s with%s(%s %s) {"
            .formatted(name, JavaNames.capitalized(field.name()), field.javaType(), field.name()));
    out.add("return new %s(%s);\n}\n".formatted(name, joined(", ", MessageField::name)));
  }

  private void decoding() {
    out.add("/** The message in {@code bytes}. */");
    out.add(
        "public static %s decode(byte[] bytes) throws MalformedMessageException {\nreturn decode(new ProtoReader(bytes));\n}\n"
            .formatted(name));
    out.add("/** The message from here to the end of {@code in}. */");
    out.add(
        "public static %s decode(ProtoReader in) throws MalformedMessageException {"
            .formatted(name));
    if (fields.isEmpty()) {
      out.add("int tag;\nwhile ((tag = in.readTag()) != 0) {\nin.skip(tag);\n}");
      out.add("return DEFAULT;\n}\n");
      return;
    }
    for (MessageField field : fields) {
      String initial =
          switch (field) {
            case MessageField.Repeated repeated -> "new ArrayList<>()";
            case MessageField.Mapped mapped -> "new LinkedHashMap<>()";
            case MessageField.Single single -> single.defaultValue();
            case MessageField.Nullable nullable -> "null";
          };
      out.add(field.javaType() + " " + field.name() + " = " + initial + ";");
    }
    out.add("int tag;\nwhile ((tag = in.readTag()) != 0) {\nswitch (tag) {");
    fields.forEach(this::decodingCase);
    out.add("default -> in.skip(tag);\n}\n}");
    out.add("return new %s(%s);\n}\n".formatted(name, joined(", ", MessageField::name)));
    for (MessageField field : fields) {
      if (field instanceof MessageField.Mapped mapped) {
        entryDecoding(mapped);
      }
    }
  }

  private void decodingCase(MessageField field) {
    String component = field.name();
    switch (field) {
      case MessageField.Single single ->
          out.add(
              "case %s -> %s = %s;"
                  .formatted(
                      field.tag(single.type().wireType()), component, single.type().read("in")));
      case MessageField.Nullable nullable ->
          out.add(
              "case %s -> %s = %s;"
                  .formatted(
                      field.tag(nullable.type().wireType()),
                      component,
                      nullable.type().read("in")));
      case MessageField.Repeated repeated -> {
        FieldType type = repeated.type();
        out.add(
            "case %s -> %s.add(%s);"
                .formatted(field.tag(type.wireType()), component, type.read("in")));
        if (type.packable()) {
          out.add("case %s -> {\nProtoReader packed = in.readMessage();".formatted(field.tag(2)));
          out.add(
              "while (packed.hasMore()) {\n%s.add(%s);\n}\n}"
                  .formatted(component, type.read("packed")));
        }
      }
      case MessageField.Mapped mapped ->
          out.add(
              "case %s -> put%s(in.readMessage(), %s);"
                  .formatted(field.tag(2), JavaNames.capitalized(component), component));
    }
  }

  private void entryDecoding(MessageField.Mapped field) {
    FieldType type = field.type();
    String absent =
        type instanceof FieldType.MessageRef ref
            ? ref.javaType() + ".DEFAULT"
            : type.defaultValue();
    out.add(
        "private static void put%s(ProtoReader entry, %s map) throws MalformedMessageException {"
            .formatted(JavaNames.capitalized(field.name()), field.javaType()));
    out.add("ProtoReader.checkRoom(map);");
    out.add(field.key().javaType() + " key = " + field.key().defaultValue() + ";");
    out.add(type.javaType() + " value = " + absent + ";");
    out.add("int tag;\nwhile ((tag = entry.readTag()) != 0) {\nswitch (tag) {");
    out.add(
        "case %d -> key = %s;".formatted(8 | field.key().wireType(), field.key().read("entry")));
    out.add("case %d -> value = %s;".formatted(16 | type.wireType(), type.read("entry")));
    out.add("default -> entry.skip(tag);\n}\n}\nmap.put(key, value);\n}\n");
  }

  private void encoding() {
    out.add("@Override\npublic void encode(ProtoWriter out) {");
    for (MessageField field : fields.reversed()) {
      String component = field.name();
      switch (field) {
        case MessageField.Single single -> {
          out.add("if (" + single.type().differsFromDefault(component) + ") {");
          out.add(single.type().write(field.tag(single.type().wireType()), component) + "\n}");
        }
        case MessageField.Nullable nullable -> {
          out.add("if (" + component + " != null) {");
          if (nullable.type() instanceof FieldType.MessageRef) {
            out.add("int mark = out.size();");
          }
          out.add(nullable.type().write(field.tag(nullable.type().wireType()), component) + "\n}");
        }
        case MessageField.Repeated repeated -> repeatedEncoding(repeated);
        case MessageField.Mapped mapped -> mappedEncoding(mapped);
      }
    }
    out.add("}\n");
  }

  private void repeatedEncoding(MessageField.Repeated field) {
    String component = field.name();
    FieldType type = field.type();
    String loop = "for (int i = %s.size() - 1; i >= 0; i--) {".formatted(component);
    String item = component + ".get(i)";
    if (type.packable()) {
      String raw =
          type instanceof FieldType.Scalar scalar
              ? scalar.writeRaw(item)
              : "out.writeRawVarint(" + item + ".number());";
      out.add("if (!" + component + ".isEmpty()) {\nint mark = out.size();");
      out.add(loop + "\n" + raw + "\n}\nout.writeLength(" + field.tag(2) + ", mark);\n}");
      return;
    }
    out.add(loop);
    if (type instanceof FieldType.MessageRef) {
      out.add("int mark = out.size();");
    }
    out.add(type.write(field.tag(2), item) + "\n}");
  }

  private void mappedEncoding(MessageField.Mapped field) {
    String component = field.name();
    FieldType type = field.type();
    out.add("if (!" + component + ".isEmpty()) {");
    out.add(
        "List<Map.Entry<%s, %s>> entries = new ArrayList<>(%s.entrySet());"
            .formatted(field.key().boxedType(), type.boxedType(), component));
    out.add("for (int i = entries.size() - 1; i >= 0; i--) {\nint end = out.size();");
    if (type instanceof FieldType.MessageRef) {
      out.add("int mark = end;");
    }
    out.add(type.write(Integer.toString(16 | type.wireType()), "entries.get(i).getValue()"));
    out.add(
        field.key().write(Integer.toString(8 | field.key().wireType()), "entries.get(i).getKey()"));
    out.add("out.writeLength(" + field.tag(2) + ", end);\n}\n}");
  }

  /** Records compare arrays by identity; a message is a value. */
  private void equality() {
    String compared =
        joined(
            "\n&& ",
            field ->
                isBytes(field)
                    ? "Arrays.equals(%s, that.%s)".formatted(field.name(), field.name())
                    : "Objects.equals(%s, that.%s)".formatted(field.name(), field.name()));
    String hashed =
        joined(
            ", ", field -> isBytes(field) ? "Arrays.hashCode(" + field.name() + ")" : field.name());
    out.add("@Override\npublic boolean equals(Object other) {");
    out.add("return other instanceof " + name + " that\n&& " + compared + ";\n}\n");
    out.add("@Override\npublic int hashCode() {\nreturn Objects.hash(" + hashed + ");\n}\n");
  }

  private static boolean isBytes(MessageField field) {
    return switch (field) {
      case MessageField.Single single -> single.type() == FieldType.Scalar.BYTES;
      case MessageField.Nullable nullable -> nullable.type() == FieldType.Scalar.BYTES;
      case MessageField.Repeated repeated -> refuseBytes(field, repeated.type());
      case MessageField.Mapped mapped -> refuseBytes(field, mapped.type());
    };
  }

  private static boolean refuseBytes(MessageField field, FieldType type) {
    if (type == FieldType.Scalar.BYTES) {
      throw new SchemaException(
          field.declared().getLocation(),
          "Lists and maps of bytes are not supported. Put the bytes into a message.");
    }
    return false;
  }

  private boolean has(FieldType type) {
    return type == FieldType.Scalar.BYTES && fields.stream().anyMatch(MessageSource::isBytes);
  }

  private void fromJson() {
    out.add(
        """
        /**
        * The message in a JSON object; properties that it does not know are ignored.
        *
        * @param path where the object stands in its document, for errors; empty for the document
        * @throws InvalidJsonException when a property has the wrong type or is out of range
        */""");
    out.add(
        "public static %s fromJson(JsonObject json, String path) throws InvalidJsonException {"
            .formatted(name));
    out.add("JsonFields in = new JsonFields(json, path);");
    out.add(
        "return new %s(%s);\n}\n"
            .formatted(name, joined(",\n        ", MessageSource::readJson).strip()));
  }

  private static String readJson(MessageField field) {
    return switch (field) {
      case MessageField.Single single ->
          "in.get(%s, %s, %s)"
              .formatted(field.jsonName(), jsonType(field, single.type()), field.defaultValue());
      case MessageField.Nullable nullable
          when nullable.type() instanceof FieldType.MessageRef type ->
          "in.message(%s, %s::fromJson)".formatted(field.jsonName(), type.javaType());
      case MessageField.Nullable nullable ->
          "in.get(%s, %s, null)".formatted(field.jsonName(), jsonType(field, nullable.type()));
      case MessageField.Repeated repeated
          when repeated.type() instanceof FieldType.MessageRef type ->
          "in.messages(%s, %s::fromJson)".formatted(field.jsonName(), type.javaType());
      case MessageField.Repeated repeated ->
          "in.list(%s, %s)".formatted(field.jsonName(), jsonType(field, repeated.type()));
      case MessageField.Mapped mapped when mapped.type() instanceof FieldType.MessageRef type ->
          "in.messageMap(%s, %s::fromJson)".formatted(field.jsonName(), type.javaType());
      case MessageField.Mapped mapped ->
          "in.map(%s, %s)".formatted(field.jsonName(), jsonType(field, mapped.type()));
    };
  }

  private static String jsonType(MessageField field, FieldType type) {
    if (type instanceof FieldType.Scalar scalar) {
      switch (scalar) {
        case STRING, BOOL, INT32, UINT32, INT64, UINT64 -> {
          return "JsonType." + scalar.name();
        }
        default -> {}
      }
    }
    throw new SchemaException(
        field.declared().getLocation(), "The JSON form of this type is not supported.");
  }

  private void toJson() {
    out.add("@Override\npublic JsonObject toJson() {\nJsonObject json = new JsonObject();");
    for (MessageField field : fields) {
      String value = "this." + field.name();
      String condition =
          switch (field) {
            case MessageField.Single single -> single.type().differsFromDefault(value);
            case MessageField.Nullable nullable -> value + " != null";
            case MessageField.Repeated repeated -> "!" + value + ".isEmpty()";
            case MessageField.Mapped mapped -> "!" + value + ".isEmpty()";
          };
      boolean always = "true".equals(field.declared().getOptions().get(JSON_ALWAYS));
      if (!always) {
        out.add("if (" + condition + ") {");
      }
      switch (field) {
        case MessageField.Single single ->
            out.add("json.put(%s, %s);".formatted(field.jsonName(), toJson(single.type(), value)));
        case MessageField.Nullable nullable ->
            out.add(
                "json.put(%s, %s);".formatted(field.jsonName(), toJson(nullable.type(), value)));
        case MessageField.Repeated repeated -> {
          String list = field.name() + "Array";
          out.add("JsonArray " + list + " = new JsonArray(" + value + ".size());");
          out.add("for (" + repeated.type().boxedType() + " item : " + value + ") {");
          out.add(list + ".add(" + toJson(repeated.type(), "item") + ");\n}");
          out.add("json.put(" + field.jsonName() + ", " + list + ");");
        }
        case MessageField.Mapped mapped -> {
          String object = field.name() + "Object";
          out.add("JsonObject " + object + " = new JsonObject();");
          out.add(
              "for (Map.Entry<String, %s> item : %s.entrySet()) {"
                  .formatted(mapped.type().boxedType(), value));
          out.add(
              object + ".put(item.getKey(), " + toJson(mapped.type(), "item.getValue()") + ");");
          out.add("}\njson.put(" + field.jsonName() + ", " + object + ");");
        }
      }
      if (!always) {
        out.add("}");
      }
    }
    out.add("return json;\n}");
  }

  private static String toJson(FieldType type, String value) {
    if (type instanceof FieldType.MessageRef) {
      return value + ".toJson()";
    }
    if (type == FieldType.Scalar.UINT32) {
      return "Integer.toUnsignedLong(" + value + ")";
    }
    if (type == FieldType.Scalar.UINT64) {
      return "JsonType.unsigned(" + value + ")";
    }
    return value;
  }

  private String joined(String separator, Function<MessageField, String> part) {
    return fields.stream().map(part).collect(Collectors.joining(separator));
  }
}

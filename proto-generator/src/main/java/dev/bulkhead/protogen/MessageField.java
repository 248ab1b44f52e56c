package dev.bulkhead.protogen;

import com.squareup.wire.schema.Field;

/** A field of a message as the Java source has it. */
sealed interface MessageField {
  /** The field as declared. */
  Field declared();

  /** The name of the record component. */
  String name();

  /** The type of the record component. */
  String javaType();

  /** The value of the component when the field is absent. */
  String defaultValue();

  /** The JSON name. */
  default String jsonName() {
    String name = declared().getJsonName();
    return "\"" + (name == null ? name() : name) + "\"";
  }

  /** The tag as a Java literal, for one value of {@code wireType}. */
  default String tag(int wireType) {
    return Integer.toString(declared().getTag() << 3 | wireType);
  }

  /** A single value whose absence cannot be told from the default. */
  record Single(Field declared, String name, FieldType type) implements MessageField {
    @Override
    public String javaType() {
      return type.javaType();
    }

    @Override
    public String defaultValue() {
      return type.defaultValue();
    }
  }

  /** A single value that is null when absent: {@code optional} scalars and enums, and messages. */
  record Nullable(Field declared, String name, FieldType type) implements MessageField {
    @Override
    public String javaType() {
      return type.boxedType();
    }

    @Override
    public String defaultValue() {
      return "null";
    }

    /** What the accessor answers when the field is absent. */
    String answerWhenAbsent() {
      return type instanceof FieldType.MessageRef message
          ? message.javaType() + ".DEFAULT"
          : type.defaultValue();
    }
  }

  /** A list. */
  record Repeated(Field declared, String name, FieldType type) implements MessageField {
    @Override
    public String javaType() {
      return "List<" + type.boxedType() + ">";
    }

    @Override
    public String defaultValue() {
      return "List.of()";
    }
  }

  /** A map. */
  record Mapped(Field declared, String name, FieldType.Scalar key, FieldType type)
      implements MessageField {
    @Override
    public String javaType() {
      return "Map<" + key.boxedType() + ", " + type.boxedType() + ">";
    }

    @Override
    public String defaultValue() {
      return "Map.of()";
    }
  }
}

package dev.bulkhead.protogen;

/** What one value of a field is, and the Java that reads, writes and compares it. */
sealed interface FieldType {
  /** The Java type of a field that is always there. */
  String javaType();

  /** The Java type where null or a type argument must be possible. */
  String boxedType();

  /** The value of a field that is absent. */
  String defaultValue();

  /** The wire type of a single value. */
  int wireType();

  /** Whether repeated values share one length-delimited field. */
  boolean packable();

  /** An expression that reads a value from a {@code ProtoReader}. */
  String read(String reader);

  /** A statement that writes a value as a field of its own. */
  String write(String tag, String value);

  /** A condition: the value differs from the default. */
  String differsFromDefault(String value);

  /** The scalars of proto3. */
  enum Scalar implements FieldType {
    INT32("int", "Integer", "0", 0, "readVarint32()", "$"),
    UINT32("int", "Integer", "0", 0, "readVarint32()", "Integer.toUnsignedLong($)"),
    SINT32("int", "Integer", "0", 0, "readZigZag32()", "ProtoWriter.zigZag32($)"),
    INT64("long", "Long", "0L", 0, "readVarint64()", "$"),
    UINT64("long", "Long", "0L", 0, "readVarint64()", "$"),
    SINT64("long", "Long", "0L", 0, "readZigZag64()", "ProtoWriter.zigZag64($)"),
    BOOL("boolean", "Boolean", "false", 0, "readBool()", "$ ? 1 : 0"),
    FIXED32("int", "Integer", "0", 5, "readFixed32()", "$"),
    SFIXED32("int", "Integer", "0", 5, "readFixed32()", "$"),
    FIXED64("long", "Long", "0L", 1, "readFixed64()", "$"),
    SFIXED64("long", "Long", "0L", 1, "readFixed64()", "$"),
    FLOAT("float", "Float", "0f", 5, "readFloat()", "Float.floatToRawIntBits($)"),
    DOUBLE("double", "Double", "0d", 1, "readDouble()", "Double.doubleToRawLongBits($)"),
    STRING("String", "String", "\"\"", 2, "readString()", "$"),
    BYTES("byte[]", "byte[]", "NO_BYTES", 2, "readBytes()", "$");

    private final String javaType;
    private final String boxedType;
    private final String defaultValue;
    private final int wireType;
    private final String reading;
    private final String wireValue;

    Scalar(
        String javaType,
        String boxedType,
        String defaultValue,
        int wireType,
        String reading,
        String wireValue) {
      this.javaType = javaType;
      this.boxedType = boxedType;
      this.defaultValue = defaultValue;
      this.wireType = wireType;
      this.reading = reading;
      this.wireValue = wireValue;
    }

    @Override
    public String javaType() {
      return javaType;
    }

    @Override
    public String boxedType() {
      return boxedType;
    }

    @Override
    public String defaultValue() {
      return defaultValue;
    }

    @Override
    public int wireType() {
      return wireType;
    }

    @Override
    public boolean packable() {
      return wireType != 2;
    }

    @Override
    public String read(String reader) {
      return reader + "." + reading;
    }

    @Override
    public String write(String tag, String value) {
      String method =
          switch (this) {
            case STRING -> "writeString";
            case BYTES -> "writeBytes";
            default ->
                switch (wireType) {
                  case 0 -> "writeVarint";
                  case 1 -> "writeFixed64";
                  default -> "writeFixed32";
                };
          };
      return "out." + method + "(" + tag + ", " + wireValue(value) + ");";
    }

    /** A statement that writes a value without its tag, within a packed field. */
    String writeRaw(String value) {
      String method =
          switch (wireType) {
            case 0 -> "writeRawVarint";
            case 1 -> "writeRawFixed64";
            default -> "writeRawFixed32";
          };
      return "out." + method + "(" + wireValue(value) + ");";
    }

    private String wireValue(String value) {
      return wireValue.replace("$", value);
    }

    @Override
    public String differsFromDefault(String value) {
      return switch (this) {
        case STRING -> "!" + value + ".isEmpty()";
        case BYTES -> value + ".length != 0";
        case BOOL -> value;
        // Minus zero is not the default: it has bits that are set.
        case FLOAT -> "Float.floatToRawIntBits(" + value + ") != 0";
        case DOUBLE -> "Double.doubleToRawLongBits(" + value + ") != 0";
        default -> value + " != 0";
      };
    }
  }

  /**
   * An enum.
   *
   * @param javaType the Java enum
   * @param first the constant that stands for an absent field
   */
  record EnumRef(String javaType, String first) implements FieldType {
    @Override
    public String boxedType() {
      return javaType;
    }

    @Override
    public String defaultValue() {
      return javaType + "." + first;
    }

    @Override
    public int wireType() {
      return 0;
    }

    @Override
    public boolean packable() {
      return true;
    }

    @Override
    public String read(String reader) {
      return javaType + ".of(" + reader + ".readVarint32())";
    }

    @Override
    public String write(String tag, String value) {
      return "out.writeVarint(" + tag + ", " + value + ".number());";
    }

    @Override
    public String differsFromDefault(String value) {
      return value + " != " + defaultValue();
    }
  }

  /**
   * A message.
   *
   * @param javaType the Java record
   */
  record MessageRef(String javaType) implements FieldType {
    @Override
    public String boxedType() {
      return javaType;
    }

    @Override
    public String defaultValue() {
      return "null";
    }

    @Override
    public int wireType() {
      return 2;
    }

    @Override
    public boolean packable() {
      return false;
    }

    @Override
    public String read(String reader) {
      return javaType + ".decode(" + reader + ".readMessage())";
    }

    @Override
    public String write(String tag, String value) {
      return value + ".encode(out);\nout.writeLength(" + tag + ", mark);";
    }

    @Override
    public String differsFromDefault(String value) {
      return value + " != null";
    }
  }
}

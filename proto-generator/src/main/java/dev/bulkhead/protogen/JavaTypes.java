package dev.bulkhead.protogen;

import com.squareup.wire.schema.EnumType;
import com.squareup.wire.schema.Field;
import com.squareup.wire.schema.MessageType;
import com.squareup.wire.schema.ProtoFile;
import com.squareup.wire.schema.ProtoType;
import com.squareup.wire.schema.Schema;
import com.squareup.wire.schema.Type;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Finds the Java of what a field's declaration means. */
final class JavaTypes {
  private final Schema schema;
  private final String home;

  /**
   * @param home the Java package that asks; its own types need no package before their name
   */
  JavaTypes(Schema schema, String home) {
    this.schema = schema;
    this.home = home;
  }

  /** The Java package of a file, which must name one. */
  static String packageOf(ProtoFile file) {
    String javaPackage = file.javaPackage();
    if (javaPackage == null) {
      throw new SchemaException(
          file.getLocation(), "The file has no java_package option. Add one.");
    }
    return javaPackage;
  }

  /** The Java type of a message or enum. */
  String nameOf(ProtoType type) {
    String javaPackage = packageOf(schema.protoFile(type));
    return javaPackage.equals(home)
        ? type.getSimpleName()
        : javaPackage + "." + type.getSimpleName();
  }

  /** The fields of a message in the order of their numbers. */
  List<MessageField> fields(MessageType message) {
    if (!message.getOneOfs().isEmpty()) {
      throw new SchemaException(
          message.getOneOfs().getFirst().getLocation(),
          "oneof is not supported. Declare its fields as optional.");
    }
    List<MessageField> fields = new ArrayList<>();
    for (Field field : message.getDeclaredFields()) {
      fields.add(field(field));
    }
    fields.sort(Comparator.comparingInt(field -> field.declared().getTag()));
    return fields;
  }

  private MessageField field(Field field) {
    String name = JavaNames.field(field.getName(), field.getLocation());
    ProtoType type = field.getType();
    if (type.isMap()) {
      FieldType.Scalar key = (FieldType.Scalar) valueType(type.getKeyType());
      return new MessageField.Mapped(field, name, key, valueType(type.getValueType()));
    }
    FieldType value = valueType(type);
    if (field.isRepeated()) {
      return new MessageField.Repeated(field, name, value);
    }
    boolean nullable =
        field.getLabel() == Field.Label.OPTIONAL || value instanceof FieldType.MessageRef;
    return nullable
        ? new MessageField.Nullable(field, name, value)
        : new MessageField.Single(field, name, value);
  }

  private FieldType valueType(ProtoType type) {
    if (type.isScalar()) {
      return FieldType.Scalar.valueOf(type.toString().toUpperCase(Locale.ROOT));
    }
    Type declaration = schema.getType(type);
    if (declaration instanceof EnumType enumType) {
      return new FieldType.EnumRef(nameOf(type), enumType.getConstants().getFirst().getName());
    }
    return new FieldType.MessageRef(nameOf(type));
  }
}

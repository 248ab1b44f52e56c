package dev.bulkhead.protogen;

import com.squareup.wire.schema.EnumConstant;
import com.squareup.wire.schema.EnumType;

/** The Java enum of a protobuf enum. */
final class EnumSource {
  /** The number of what the sender knows and we do not, written as is when it is passed on. */
  private static final int UNRECOGNIZED = -1;

  private final EnumType type;

  EnumSource(EnumType type) {
    this.type = type;
  }

  /** The source, without package and imports. */
  String write() {
    SourceText out = new SourceText();
    out.addDoc(type.getDocumentation());
    out.add("public enum " + type.getName() + " {");
    for (EnumConstant constant : type.getConstants()) {
      if (constant.getTag() == UNRECOGNIZED) {
        throw new SchemaException(
            constant.getLocation(), "The number -1 is taken for values that are not known.");
      }
      out.addDoc(constant.getDocumentation());
      out.add(constant.getName() + "(" + constant.getTag() + "),");
    }
    out.add("/** A value that this program does not know. */");
    out.add("UNRECOGNIZED(" + UNRECOGNIZED + ");\n");
    out.add("private final int number;\n");
    out.add(type.getName() + "(int number) {\nthis.number = number;\n}\n");
    out.add("/** The number on the wire. */\npublic int number() {\nreturn number;\n}\n");
    out.add("/** The constant of a number on the wire, UNRECOGNIZED when there is none. */");
    out.add("public static " + type.getName() + " of(int number) {\nreturn switch (number) {");
    for (EnumConstant constant : type.getConstants()) {
      out.add("case " + constant.getTag() + " -> " + constant.getName() + ";");
    }
    out.add("default -> UNRECOGNIZED;\n};\n}\n}");
    return out.toString();
  }
}

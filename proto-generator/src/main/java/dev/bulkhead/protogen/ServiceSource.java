package dev.bulkhead.protogen;

import com.squareup.wire.schema.ProtoType;
import com.squareup.wire.schema.Rpc;
import com.squareup.wire.schema.Service;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The Java class that names a service's methods. */
final class ServiceSource {
  private final Service service;
  private final JavaTypes types;

  ServiceSource(Service service, JavaTypes types) {
    this.service = service;
    this.types = types;
  }

  /** The source, without package and imports. */
  String write() {
    SourceText out = new SourceText();
    out.addDoc(service.documentation());
    out.add("public final class " + service.name() + " {");
    out.add("/** The service's name on the wire. */");
    out.add("public static final String NAME = \"" + service.type() + "\";\n");
    Set<String> shared = sharedTypes();
    for (String type : shared) {
      out.add(
          "private static final MessageDecoder<%s> %s = %s::decode;\n"
              .formatted(type, decoder(type), type));
    }
    for (Rpc rpc : service.rpcs()) {
      if (rpc.getRequestStreaming() || rpc.getResponseStreaming()) {
        throw new SchemaException(rpc.getLocation(), "Streaming calls are not supported.");
      }
      String request = types.nameOf(rpc.getRequestType());
      String response = types.nameOf(rpc.getResponseType());
      out.addDoc(rpc.getDocumentation());
      out.add(
          "public static final Method<%s, %s> %s ="
              .formatted(request, response, JavaNames.constant(rpc.getName())));
      out.add(
          "    new Method<>(NAME, \"%s\", %s, %s);\n"
              .formatted(
                  rpc.getName(),
                  shared.contains(request) ? decoder(request) : request + "::decode",
                  shared.contains(response) ? decoder(response) : response + "::decode"));
    }
    out.add("/** Every method of the service, in the order of their declaration. */");
    out.add("public static final List<Method<?, ?>> METHODS = List.of(");
    out.add(
        service.rpcs().stream()
            .map(rpc -> JavaNames.constant(rpc.getName()))
            .collect(Collectors.joining(",\n")));
    out.add(");\n\nprivate " + service.name() + "() {}\n}");
    return out.toString();
  }

  /** Types that come more than once share one decoder: each method reference becomes a class. */
  private Set<String> sharedTypes() {
    Set<String> seen = new HashSet<>();
    Set<String> shared = new LinkedHashSet<>();
    for (Rpc rpc : service.rpcs()) {
      for (ProtoType type : List.of(rpc.getRequestType(), rpc.getResponseType())) {
        String name = types.nameOf(type);
        if (!seen.add(name)) {
          shared.add(name);
        }
      }
    }
    return shared;
  }

  private static String decoder(String type) {
    return JavaNames.constant(type.substring(type.lastIndexOf('.') + 1)) + "_DECODER";
  }
}

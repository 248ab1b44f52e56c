package dev.bulkhead.runtime.config.toml;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TomlWriterTest {
  @Test
  void writesWhatToBeReadAgain() throws TomlException {
    String difficult = "a \"b\" \\c\n\t\u0001\u007f ä";
    Map<String, Object> inner = new LinkedHashMap<>();
    inner.put("deeper", Map.of("on", true));
    inner.put("text", difficult);
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("a table", inner);
    document.put("number", 3L);
    document.put("list", List.of("x", "y"));
    String text = TomlWriter.document(document);
    assertEquals(
        """
        number = 3
        list = ["x", "y"]

        ["a table"]
        text = "a \\"b\\" \\\\c\\n\\t\\u0001\\u007f ä"

        ["a table".deeper]
        on = true
        """,
        text);
    TomlValue.Table table = (TomlValue.Table) Toml.parse(text).entries().get("a table");
    assertEquals(difficult, ((TomlValue.Text) table.entries().get("text")).value());
  }
}

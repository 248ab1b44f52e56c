package dev.bulkhead.runtime.config.toml;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TomlTest {
  private static String dump(String text) throws TomlException {
    return dump(Toml.parse(text));
  }

  /** Writes values without their lines, in JSON's manner. */
  private static String dump(TomlValue value) {
    return switch (value) {
      case TomlValue.Text text -> "'" + text.value().replace("\n", "\\n") + "'";
      case TomlValue.Whole whole -> Long.toString(whole.value());
      case TomlValue.Real real -> Double.toString(real.value());
      case TomlValue.Truth truth -> Boolean.toString(truth.value());
      case TomlValue.Array array -> array.values().stream().map(TomlTest::dump).toList().toString();
      case TomlValue.Table table -> {
        List<String> entries = new ArrayList<>();
        table.entries().forEach((key, entry) -> entries.add(key + ":" + dump(entry)));
        yield "{" + String.join(", ", entries) + "}";
      }
    };
  }

  @Test
  void readsTablesAndKeysOfAllKinds() throws TomlException {
    assertEquals(
        "{a:1, b:{c:2, d e:{'f':3}}, g:{h:{i:4}, j:5}, k:[{l:1}, {l:2, m:{n:3}}], o:{p:{q:1}, r:{}}}",
        dump(
            """
            a = 1 # a comment
            b.c = 2
            b."d e".'\\'f\\'' = 3

            [ g . h ]
            i = 4
            [g]
            j = 5
            [[k]]
            l = 1
            [[k]]
            l = 2
            [k.m]
            n = 3
            [o]
            p = { q = 1 }
            r = {}
            """
                .replace("'\\'f\\''", "\"'f'\"")));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "\"a\\tb\\\"\\\\\\u00e9\\U0001F600\"|`'a\tb\"\\é😀'`",
        "'C:\\no escape'|`'C:\\no escape'`",
        "\"\"|`''`",
        "'\uffff'|`'\uffff'`",
        "\"\"\"one\"two\"\"\"|`'one\"two'`",
        "\"\"\"\"quoted\"\"\"\"\"|`'\"quoted\"\"'`",
        "'''it's'''|`'it's'`",
        "0|0",
        "+17|17",
        "-1_000|-1000",
        "0xDEAD_beef|3735928559",
        "0o755|493",
        "0b1010|10",
        "9223372036854775807|9223372036854775807",
        "3.14|3.14",
        "-0.5e+2|-50.0",
        "1e3|1000.0",
        "6.6_2|6.62",
        "-inf|-Infinity",
        "nan|NaN",
        "true|true",
        "[1, 'a', [true], {x = 1},]|[1, 'a', [true], {x:1}]",
        "[]|[]",
      })
  void readsValues(String text, String dumped) throws TomlException {
    assertEquals("{v:" + dumped + "}", dump("v = " + text));
  }

  @Test
  void readsStringsOfSeveralLines() throws TomlException {
    assertEquals(
        "{v:'one\\n  two three'}", dump("v = \"\"\"\none\r\n  two \\\n     \n   three\"\"\"\n"));
    assertEquals("{v:'a\\\\nb'}", dump("v = '''\na\\\nb'''"));
    assertEquals("{v:[1, 2]}", dump("v = [ # first\n  1,\n\n  2, # second\n]\n"));
  }

  @Test
  void valuesKnowTheirLines() throws TomlException {
    TomlValue.Table table = Toml.parse("\n\na = 1\r\nb = '''\n\n'''\n[c]\nd = [\n 1,\n 2]\n");
    assertEquals(3, table.entries().get("a").line());
    assertEquals(4, table.entries().get("b").line());
    TomlValue.Table c = (TomlValue.Table) table.entries().get("c");
    assertEquals(7, c.line());
    assertEquals(8, c.entries().get("d").line());
    assertEquals(10, ((TomlValue.Array) c.entries().get("d")).values().get(1).line());
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "a = 1\\nb|2|behind the key 'b' a '=' is missing",
        "a =|1|a value is missing",
        "a = # none|1|a value is missing",
        "a = 1 2|1|'2' stands where the line should end",
        "a = q35|1|`'q35' is no value; strings need quotes, as in \"q35\"`",
        "a = 'x|1|a string is not closed by '",
        "\\na = '''x\\ny|2|a string is not closed by '''",
        "a = 1\\na = 2|2|'a' was there before",
        "[a]\\n[a]|2|[a] was there before",
        "a.b = 1\\n[a]|2|[a] was there before",
        "a = {}\\n[a.b]|2|[a.b] is not possible, for 'a' is no open table",
        "a = [{}]\\n[[a]]|2|[[a]] was there before as something else",
        "[a.b]\\n[a]\\nb.c = 1|3|'b.c' is not possible, for 'b' was there before",
        "a = {b = 1}\\na.c = 2|2|'a.c' is not possible, for 'a' was there before",
        "[a|1|the header of a table is not closed by ]",
        "[]|1|']' stands where a key should",
        "= 1|1|'=' stands where a key should",
        "a = [1 2]|1|an array's values need ',' between them and ']' behind the last",
        "a = {b = 1,}|1|'}' stands where a key should",
        "a = 2024-01-31|1|'2024-01-31' is a date or time, for which there is no use",
        "a = 07:32:00|1|'07:32:00' is a date or time, for which there is no use",
        "a = 012|1|`'012' is no value; strings need quotes, as in \"012\"`",
        "a = 9223372036854775808|1|'9223372036854775808' is beyond 64 bits",
        "a = 0xg|1|'0xg' is no number",
        "a = \"\\q\"|1|`'\\q' is no escape; write '\\\\' for a backslash, or use apostrophes`",
        "a = \"\\ud800\"|1|there is no character with the code d800",
      })
  void errorsNameTheLine(String text, int line, String message) {
    TomlException e =
        assertThrows(
            TomlException.class, () -> Toml.parse(text.replace("\\n", "\n").replace("\\r", "\r")));
    assertEquals(message, e.getMessage());
    assertEquals(line, e.line());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a = 1__0",
        "a = _1",
        "a = 1_",
        "a = 1.",
        "a = .5",
        "a = 1.e3",
        "a = +0x10",
        "a = 0b2",
        "a = 1e",
        "a = tru",
        "a = True",
        "a = \"\u0001\"",
        "a = '\u007f'",
        "# \u0000",
        "a = \r1",
        "a = \"\"\"\\ x\"\"\"",
        "a = \"\\u12\"",
        "\"\"\"a\"\"\" = 1",
        "a = {b = 1\n}",
        "a..b = 1",
        "[[a]]\n[a]",
        "a = [",
        "a = {",
        "a b = 1",
        "a = \"\\U00110000\"",
        "a = '\u0000'",
        "a = +",
        "a = inf1"
      })
  void refusesWhatIsNoToml(String text) {
    assertThrows(TomlException.class, () -> Toml.parse(text));
  }

  @Test
  void nestingHasAnEnd() {
    assertThrows(TomlException.class, () -> Toml.parse("a = " + "[".repeat(100_000)));
  }

  @Test
  void randomTextNeverDoesAnythingElseThanFail() {
    Random random = new Random(4711);
    String alphabet = "ab.=[]{},\"'\\#\n\r\t 01_-+xeu:";
    int read = 0;
    for (int i = 0; i < 50_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(24); length > 0; length--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      try {
        Toml.parse(text.toString());
        read++;
      } catch (TomlException e) {
        assertTrue(e.line() >= 1 && !e.getMessage().isEmpty(), text.toString());
      }
    }
    assertTrue(read > 300, "only " + read + " texts were TOML");
  }
}

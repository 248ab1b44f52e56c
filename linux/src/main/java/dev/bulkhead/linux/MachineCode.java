package dev.bulkhead.linux;

/** Instructions of x86-64 in hexadecimal digits, so that each can stand in a line with its name. */
public final class MachineCode {
  private MachineCode() {}

  /**
   * The bytes of instructions.
   *
   * @param instructions pairs of hexadecimal digits, which blanks may separate
   */
  public static byte[] of(String... instructions) {
    String digits = String.join("", instructions).replace(" ", "");
    byte[] code = new byte[digits.length() / 2];
    for (int i = 0; i < code.length; i++) {
      code[i] = (byte) Integer.parseInt(digits.substring(2 * i, 2 * i + 2), 16);
    }
    return code;
  }
}

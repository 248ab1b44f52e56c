package dev.bulkhead.runtime.digest;

import java.util.Arrays;

/**
 * SHA-256 (FIPS 180-4), by which containerd names sockets and this program names images. The native
 * program's class library has none, and no library that has one compiles natively.
 */
public final class Sha256 {
  private static final int BLOCK = 64;
  private static final int[] CONSTANTS = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
  };
  private static final int[] START = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
  };
  private static final String DIGITS = "0123456789abcdef";

  private Sha256() {}

  /** The digest in lower-case hexadecimal digits. */
  public static String hex(byte[] message) {
    int[] state = START.clone();
    byte[] padded = pad(message);
    for (int offset = 0; offset < padded.length; offset += BLOCK) {
      mix(state, padded, offset);
    }
    StringBuilder text = new StringBuilder();
    for (int word : state) {
      for (int shift = 28; shift >= 0; shift -= 4) {
        text.append(DIGITS.charAt((word >>> shift) & 0xf));
      }
    }
    return text.toString();
  }

  /** With a one bit, zeros and the length in bits behind it, to whole blocks. */
  private static byte[] pad(byte[] message) {
    int length = (message.length + 9 + BLOCK - 1) / BLOCK * BLOCK;
    byte[] padded = Arrays.copyOf(message, length);
    padded[message.length] = (byte) 0x80;
    long bits = message.length * 8L;
    for (int i = 0; i < 8; i++) {
      padded[length - 1 - i] = (byte) (bits >>> (8 * i));
    }
    return padded;
  }

  private static void mix(int[] state, byte[] bytes, int offset) {
    int[] w = new int[64];
    for (int i = 0; i < 16; i++) {
      int at = offset + 4 * i;
      w[i] =
          (bytes[at] & 0xff) << 24
              | (bytes[at + 1] & 0xff) << 16
              | (bytes[at + 2] & 0xff) << 8
              | (bytes[at + 3] & 0xff);
    }
    for (int i = 16; i < 64; i++) {
      int s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
      int s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    int a = state[0];
    int b = state[1];
    int c = state[2];
    int d = state[3];
    int e = state[4];
    int f = state[5];
    int g = state[6];
    int h = state[7];
    for (int i = 0; i < 64; i++) {
      int s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
      int t1 = h + s1 + ((e & f) ^ (~e & g)) + CONSTANTS[i] + w[i];
      int s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
      int t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = d + t1;
      d = c;
      c = b;
      b = a;
      a = t1 + t2;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }

  private static int turn(int word, int bits) {
    return word >>> bits | word << (32 - bits);
  }
}

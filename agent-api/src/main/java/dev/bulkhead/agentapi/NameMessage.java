package dev.bulkhead.agentapi;

import java.util.Arrays;

/** What has to be known of a message of the domain name system, see RFC 1035, section 4.1.1. */
public final class NameMessage {
  /** The longest, which is also what a datagram of UDP can carry at most. */
  public static final int MOST_BYTES = 65_535;

  private static final int HEADER = 12;
  private static final int RESPONSE = 0x80;
  private static final int CODE_MASK = 0x0f;
  private static final int SERVER_FAILURE = 2;

  private NameMessage() {}

  /** Whether it has a question's header; what follows is the resolver's to check. */
  public static boolean isQuestion(byte[] message) {
    return message.length >= HEADER && message.length <= MOST_BYTES && (message[2] & RESPONSE) == 0;
  }

  /** The answer to a question that nobody could be asked. */
  public static byte[] failure(byte[] question) {
    byte[] answer = Arrays.copyOf(question, question.length);
    answer[2] |= (byte) RESPONSE;
    answer[3] = (byte) ((answer[3] & ~CODE_MASK) | SERVER_FAILURE);
    return answer;
  }
}

package dev.bulkhead.ttrpc;

import dev.bulkhead.protobuf.MalformedMessageException;
import dev.bulkhead.protobuf.Message;
import dev.bulkhead.protobuf.ProtoReader;
import dev.bulkhead.protobuf.ProtoWriter;
import java.util.List;

/**
 * The messages that carry requests and responses:
 *
 * <pre>
 * message Request  { string service = 1; string method = 2; bytes payload = 3;
 *                    int64 timeout_nano = 4; repeated KeyValue metadata = 5; }
 * message Response { google.rpc.Status status = 1; bytes payload = 2; }
 * </pre>
 *
 * <p>Written by hand rather than generated, because a generated one would copy the payload, which
 * may be megabytes, once more in each direction. Metadata is not used by any of our protocols and
 * is passed over.
 */
final class Envelope {
  private static final int REQUEST_SERVICE = 10;
  private static final int REQUEST_METHOD = 18;
  private static final int REQUEST_PAYLOAD = 26;
  private static final int REQUEST_TIMEOUT_NANO = 32;
  private static final int RESPONSE_STATUS = 10;
  private static final int RESPONSE_PAYLOAD = 18;

  /** The longest text of a status in characters: enough for any sentence, and no frame's worth. */
  private static final int MAX_STATUS_TEXT = 16 << 10;

  private static final byte[] NO_BYTES = {};

  private Envelope() {}

  /**
   * A request as it was received.
   *
   * @param payload reads the payload where it lies
   */
  record Request(String service, String method, ProtoReader payload) {}

  /**
   * A response as it was received.
   *
   * @param payload reads the payload where it lies
   */
  record Response(Status status, ProtoReader payload) {}

  /** Writes a request; a timeout of 0 is none. */
  static void writeRequest(
      ProtoWriter out, Method<?, ?> method, Message request, long timeoutNanos) {
    if (timeoutNanos != 0) {
      out.writeVarint(REQUEST_TIMEOUT_NANO, timeoutNanos);
    }
    int mark = out.size();
    request.encode(out);
    out.writeLength(REQUEST_PAYLOAD, mark);
    out.writeString(REQUEST_METHOD, method.name());
    out.writeString(REQUEST_SERVICE, method.service());
  }

  /** Writes the response of a call that succeeded. */
  static void writeResponse(ProtoWriter out, Message response) {
    int mark = out.size();
    response.encode(out);
    out.writeLength(RESPONSE_PAYLOAD, mark);
  }

  /** Writes the response of a call that failed. */
  static void writeFailure(ProtoWriter out, RpcException failure) {
    String text = failure.getMessage() == null ? "" : failure.getMessage();
    int mark = out.size();
    new Status(failure.code().number(), shortened(text, MAX_STATUS_TEXT), List.of()).encode(out);
    out.writeLength(RESPONSE_STATUS, mark);
  }

  static Request readRequest(ProtoReader in) throws MalformedMessageException {
    String service = "";
    String method = "";
    ProtoReader payload = new ProtoReader(NO_BYTES);
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case REQUEST_SERVICE -> service = in.readString();
        case REQUEST_METHOD -> method = in.readString();
        case REQUEST_PAYLOAD -> payload = in.readMessage();
        default -> in.skip(tag);
      }
    }
    return new Request(service, method, payload);
  }

  static Response readResponse(ProtoReader in) throws MalformedMessageException {
    Status status = Status.DEFAULT;
    ProtoReader payload = new ProtoReader(NO_BYTES);
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (tag) {
        case RESPONSE_STATUS -> status = Status.decode(in.readMessage());
        case RESPONSE_PAYLOAD -> payload = in.readMessage();
        default -> in.skip(tag);
      }
    }
    return new Response(status, payload);
  }

  /** The text, or its beginning when it is longer than {@code limit}. */
  static String shortened(String text, int limit) {
    return text.length() <= limit ? text : text.substring(0, limit) + "…";
  }
}

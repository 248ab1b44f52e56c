package dev.bulkhead.runtime.image;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import dev.bulkhead.linux.Files;
import dev.bulkhead.linux.LinuxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A directory of the OCI image layout: which images it has, and what they say of themselves. */
final class OciLayout {
  private static final int DOCUMENT_LIMIT = 4 << 20;
  private static final String TAG_ANNOTATION = "org.opencontainers.image.ref.name";
  private static final String DIGEST_PREFIX = "sha256:";
  private static final int DIGEST_DIGITS = 64;

  private final String path;

  OciLayout(String path) {
    this.path = path;
  }

  /**
   * An image of the layout.
   *
   * @param tag "" if it has none
   * @param digest of its manifest, checked to be one
   */
  record Entry(String tag, String digest) {}

  /**
   * Finds an image.
   *
   * @param tag which; the only one if empty
   */
  Entry find(Optional<String> tag) {
    List<String> tags = new ArrayList<>();
    List<Entry> entries = entries();
    for (Entry entry : entries) {
      tags.add(entry.tag());
      if (tag.isPresent() ? tag.get().equals(entry.tag()) : entries.size() == 1) {
        return entry;
      }
    }
    throw new ImageException(
        tag.isPresent()
            ? "the layout '" + path + "' has no image '" + tag.get() + "'; it has " + tags
            : "the layout '" + path + "' has several images; say which: " + tags);
  }

  private List<Entry> entries() {
    JsonObject index;
    try {
      index = document(path + "/index.json");
    } catch (LinuxException e) {
      throw new ImageException("'" + path + "' is no OCI layout: " + e.getMessage(), e);
    }
    List<Entry> entries = new ArrayList<>();
    for (Object item : index.getArray("manifests", new JsonArray())) {
      if (item instanceof JsonObject manifest) {
        String tag =
            manifest.getObject("annotations", new JsonObject()).getString(TAG_ANNOTATION, "");
        entries.add(new Entry(tag, checkedDigest(manifest.getString("digest", ""))));
      }
    }
    if (entries.isEmpty()) {
      throw new ImageException("the layout '" + path + "' has no image");
    }
    return entries;
  }

  /** The configuration document of an image, as the image has it. */
  String configOf(Entry entry) {
    JsonObject manifest = blob(entry.digest());
    if (!manifest.has("config")) {
      throw new ImageException(
          "the image '"
              + entry.tag()
              + "' in '"
              + path
              + "' is for several platforms; copy the one for this machine out of it with skopeo");
    }
    String digest = checkedDigest(manifest.getObject("config").getString("digest", ""));
    return text(blobPath(digest));
  }

  private JsonObject blob(String digest) {
    try {
      return document(blobPath(digest));
    } catch (LinuxException e) {
      throw new ImageException("the layout '" + path + "' is not whole: " + e.getMessage(), e);
    }
  }

  private String blobPath(String digest) {
    return path + "/blobs/sha256/" + hex(digest);
  }

  private static String text(String file) {
    return new String(Files.read(file, DOCUMENT_LIMIT), StandardCharsets.UTF_8);
  }

  private static JsonObject document(String file) {
    try {
      return JsonParser.object().from(text(file));
    } catch (JsonParserException | IllegalArgumentException e) {
      throw new ImageException("'" + file + "' is broken: " + e.getMessage(), e);
    }
  }

  /** A digest becomes a path, so anything else that an index may claim is refused. */
  static String checkedDigest(String digest) {
    boolean good =
        digest.startsWith(DIGEST_PREFIX)
            && digest.length() == DIGEST_PREFIX.length() + DIGEST_DIGITS;
    for (int i = DIGEST_PREFIX.length(); good && i < digest.length(); i++) {
      char c = digest.charAt(i);
      good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }
    if (!good) {
      throw new ImageException("'" + digest + "' is no SHA-256 digest of an image");
    }
    return digest;
  }

  /** A digest without what it begins with. */
  static String hex(String digest) {
    return checkedDigest(digest).substring(DIGEST_PREFIX.length());
  }

  /** Reads a configuration document, see the OCI image specification, "config". */
  static Image.Config parseConfig(String document) {
    try {
      JsonObject config = JsonParser.object().from(document).getObject("config", new JsonObject());
      return new Image.Config(
          strings(config, "Entrypoint"),
          strings(config, "Cmd"),
          strings(config, "Env"),
          config.getString("User", ""),
          config.getString("WorkingDir", ""));
    } catch (JsonParserException e) {
      throw new ImageException("an image's configuration is broken: " + e.getMessage(), e);
    }
  }

  private static List<String> strings(JsonObject object, String key) {
    List<String> strings = new ArrayList<>();
    JsonArray array = object.getArray(key);
    if (array != null) {
      for (Object item : array) {
        if (item instanceof String string) {
          strings.add(string);
        }
      }
    }
    return strings;
  }
}

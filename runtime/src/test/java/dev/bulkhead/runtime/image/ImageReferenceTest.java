package dev.bulkhead.runtime.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ImageReferenceTest {
  private static final ImageReference.FileLookup FILES =
      new ImageReference.FileLookup() {
        private final Set<String> directories = Set.of("/images/root", "root", "/l/with:colon");
        private final Set<String> files = Set.of("/images/file.tar", "/images/a:b.tar");

        @Override
        public boolean exists(String path) {
          return directories.contains(path) || files.contains(path);
        }

        @Override
        public boolean isDirectory(String path) {
          return directories.contains(path);
        }
      };

  private static ImageReference parse(String word) {
    return ImageReference.parse(word, FILES);
  }

  @ParameterizedTest
  @CsvSource({
    "busybox, docker.io/library/busybox:latest",
    "busybox:1.36, docker.io/library/busybox:1.36",
    "user/app, docker.io/user/app:latest",
    "localhost:5000/app, localhost:5000/app:latest",
    "localhost/app:v1, localhost/app:v1",
    "registry.example/a/b/c:d, registry.example/a/b/c:d",
    "docker://busybox, docker.io/library/busybox:latest",
    "app@sha256:0123abcd, docker.io/library/app@sha256:0123abcd"
  })
  void completesNamesAsDockerDoes(String word, String name) {
    assertEquals(new ImageReference.Registry(name), parse(word));
  }

  @Test
  void prefersADirectoryThatIsThere() {
    assertEquals(new ImageReference.Directory("/images/root"), parse("/images/root"));
    assertEquals(new ImageReference.Directory("root"), parse("root"));
  }

  @Test
  void tellsPathsFromTags() {
    assertEquals(new ImageReference.Layout("/l/x", Optional.of("v1")), parse("oci:/l/x:v1"));
    assertEquals(new ImageReference.Layout("/l/x", Optional.empty()), parse("oci:/l/x"));
    assertEquals(
        new ImageReference.Layout("/l/with:colon", Optional.empty()), parse("oci:/l/with:colon"));
    assertEquals(
        new ImageReference.Archive("/images/file.tar", Optional.of("app:v1")),
        parse("docker-archive:/images/file.tar:app:v1"));
    assertEquals(
        new ImageReference.Archive("/images/a:b.tar", Optional.empty()),
        parse("docker-archive:/images/a:b.tar"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nowhere",
        "./nowhere",
        "/images/file.tar",
        "UPPER",
        "a b",
        "",
        "app:",
        "../x",
        "-app",
        "app:tag with blank",
        "host.example/"
      })
  void refusesWhatIsNothing(String word) {
    ImageException e = assertThrows(ImageException.class, () -> parse(word));
    assertTrue(e.getMessage().contains("docker-archive:PATH"), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "localhost:5000/a, true",
    "127.0.0.1:5000/a, true",
    "registry.example/a, false",
    "localhost.example/a, false"
  })
  void knowsRegistriesOfThisMachine(String word, boolean local) {
    assertEquals(local, ((ImageReference.Registry) parse(word)).isLocal());
  }
}

package dev.bulkhead.it.bench;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import dev.bulkhead.it.Command;
import dev.bulkhead.it.Dist;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoublePredicate;
import java.util.function.Predicate;

/**
 * What programs do with files that lie in the host's memory, so that the way of sharing is measured
 * and not a disk: in a volume by each way, with runc and runsc, in a machine that shares nothing,
 * and on a virtual disk whose file is in memory too, which is as fast as the guest's kernel can be.
 */
final class FilesBenchmark {
  /**
   * Prints a line "NAME MICROSECONDS" for each thing that was done in /work. The disk that is
   * mounted there, if it is one, is written and read as it is by a node of its own.
   */
  private static final String SCRIPT =
      """
      set -e
      cd /work
      large=large
      cold=/cold
      [ $KIND = DISK ] && cold=/work/cold
      if [ $KIND = RAW ]; then
        while read -r _ _ number _ at _; do
          [ "$at" = /work ] && large=/dev/floor && mknod $large b ${number/:/ }
        done < /proc/self/mountinfo
      fi
      timed() {
        what=$1; shift
        before=$(date +%s%N); "$@" >/tmp/said 2>&1 || { cat /tmp/said >&2; exit 1; }; after=$(date +%s%N)
        echo "$what $(((after - before) / 1000))"
      }
      # By its own clock, up to the last fsync, without its start. In its line the milliseconds of
      # reading come ninth, those of writing fiftieth.
      measured() {
        what=$1; field=$2; shift 2
        fio --name=r --size=128m --ioengine=psync --fallocate=none --zero_buffers \
          --end_fsync=1 --invalidate=0 --thread --output-format=terse --terse-version=3 "$@" \
          >/tmp/said 2>&1 || { cat /tmp/said >&2; exit 1; }
        IFS=';' read -ra said </tmp/said
        echo "$what $((said[field - 1] * 1000))"
      }
      # What nobody in this machine has read yet: a file, or a part of the disk.
      unread() {
        if [ $KIND = RAW ]; then
          echo "--filename=$large --offset=$2"
        else
          echo "--filename=$cold/$1"
        fi
      }
      # Perl's own open() asks more: openat, write, read and close are numbers 257, 1, 0 and 3.
      create() {
        mkdir small
        perl -e '$data = "x" x 1000; for (1..10000) {
          $fd = syscall(257, -100, "small/$_", 0x241, 0644);
          syscall(1, $fd, $data, 1000) == 1000 or die $!; syscall(3, $fd) == 0 or die $! }'
      }
      read_small() (
        cd $cold
        perl -e '$data = " " x 1000; for (1..10000) {
          $fd = syscall(257, -100, "small/$_", 0);
          syscall(0, $fd, $data, 1000) == 1000 or die $!; syscall(3, $fd) == 0 or die $! }'
      )
      delete() { perl -e 'for (1..10000) { unlink "small/$_" }'; rmdir small; }
      if [ $PART = LARGE ]; then
        fio --version >/dev/null
        measured sequential-write 50 --rw=write --bs=1M --filename=$large
        measured sequential-read 9 --rw=read --bs=1M $(unread in-order $IN_ORDER_AT)
        measured random-write 50 --rw=randwrite --bs=4k --io_size=8m --filename=$large
        measured random-read 9 --rw=randread --bs=4k --io_size=8m $(unread at-random $AT_RANDOM_AT)
        exit
      fi
      git --version >/dev/null; perl -e 1; tar --version >/dev/null
      timed create-10000 create
      timed delete-10000 delete
      timed read-10000 read_small
      timed git-clone git clone -q --no-hardlinks /source/repository clone
      timed unpack-tar tar -xf /source/files.tar
      """;

  /** Makes a root of programs of the host and the libraries that they need. */
  private static final String MAKE_ROOT =
      """
      set -e
      cd "$0"
      mkdir -p usr/bin usr/lib usr/lib64 proc sys dev tmp work source etc
      ln -s usr/bin bin; ln -s usr/lib lib; ln -s usr/lib64 lib64
      for program in bash fio git perl tar date cat sync mkdir mknod rm rmdir; do
        file=$(readlink -f "$(command -v $program)")
        cp "$file" usr/bin/$program
        ldd "$file" | grep -o '/[^ ]*'
      done | sort -u | while read -r library; do
        mkdir -p ".$(dirname "$library")"
        cp -L "$library" ".$library"
      done
      ln -s bash usr/bin/sh
      ln -s git usr/bin/git-upload-pack
      cp -a "$1/." source
      """;

  /** As many files on each host, if it has them. */
  private static final String MAKE_TAR =
      "cd /; find usr/include -type f | LC_ALL=C sort | sed 4000q | tar -cf \"$0\" -T -";

  /**
   * Files of 128 MiB that are read in order and at random, and 10,000 small ones. Caches are cold
   * for them: to have the guest drop what it has written would drop its programs too, whose
   * instructions QEMU then translates again.
   */
  private static final String MAKE_COLD =
      """
      set -e
      cd "$0"
      for name in in-order at-random; do head -c 128M /dev/urandom > $name; done
      mkdir small
      perl -e '$data = "x" x 1000; for (1..10000) {
        open my $file, ">", "small/$_" or die $!; print $file $data }'
      """;

  /** The same where the raw disk is read: a file system without a journal has nothing there. */
  private static final String FILL_FLOOR =
      """
      set -e
      dd if="$1/cold/in-order" of="$0" bs=1M seek="$2" oflag=seek_bytes conv=notrunc status=none
      dd if="$1/cold/at-random" of="$0" bs=1M seek="$3" oflag=seek_bytes conv=notrunc status=none
      """;

  private static final List<String> CAPABILITIES =
      List.of("CAP_SYS_ADMIN", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_MKNOD");

  // In bytes: of the disk, and where on it lies what is read.
  private static final long SIZE_OF_FLOOR = 1L << 30;
  private static final String IN_ORDER_AT = Long.toString(SIZE_OF_FLOOR / 2);
  private static final String AT_RANDOM_AT = Long.toString(SIZE_OF_FLOOR / 4 * 3);
  private static final double MICROSECONDS = 1000;
  private static final int RUNS_PER_ROUND = 10;

  // They take a second, in which a busy host can be twice as slow as in the next one.
  private static final int LARGE_IN_A_ROUND = 3;
  private static final int TIMEOUT_SECONDS = 600;

  private static final double SEQUENTIAL_AT_MOST = 1.3;
  private static final double METADATA_AT_LEAST = 3;

  private static final String RAW = "raw disk";
  private static final String PLAIN = "9p, none";
  private static final String DEFAULT_9P = "9p, mmap";
  private static final String DEFAULT_VIRTIO_FS = "virtio-fs, auto";
  private static final String NOTHING = "none";

  /** What the goals are for: each way of sharing, with its default cache. */
  private static final List<String> SHARING = List.of(DEFAULT_9P, DEFAULT_VIRTIO_FS, NOTHING);

  private final Path directory;
  private final List<Way> ways = new ArrayList<>();

  /** Milliseconds by what was done and the way. */
  private final Map<String, Map<String, List<Double>>> times = new LinkedHashMap<>();

  /** Where the files lie. */
  private enum Kind {
    /** In a directory of the host. */
    VOLUME,
    /** In the container's root. */
    ROOT,
    /** In a file system of the guest's on a disk. */
    DISK,
    /** Nowhere: the disk itself. */
    RAW;

    boolean isDisk() {
      return this == DISK || this == RAW;
    }
  }

  /** What is done in one machine. */
  private enum Part {
    /** Files of many megabytes, in order and at random. */
    LARGE,
    /** Thousands of files. */
    SMALL
  }

  /** A way to have files, with the runtime's program and global options. */
  private record Way(String name, Kind kind, List<String> runtime) {}

  private FilesBenchmark(Path directory) {
    this.directory = directory;
  }

  /** Measures; a tenth of the rounds that others need, as each takes minutes. */
  static void run(int rounds) throws IOException {
    FilesBenchmark benchmark =
        new FilesBenchmark(Files.createTempDirectory(Path.of("/dev/shm"), "files-bench"));
    try {
      benchmark.hold(Math.max(1, rounds / RUNS_PER_ROUND));
    } finally {
      Command.of("rm", "-rf", benchmark.directory.toString()).run().succeeds();
    }
  }

  private void hold(int rounds) throws IOException {
    Path source = Files.createDirectory(directory.resolve("source"));
    Command.of("git", "clone", "-q", "--bare", ".", source.resolve("repository").toString())
        .directory(Path.of("").toAbsolutePath())
        .run()
        .succeeds();
    Command.of("bash", "-c", MAKE_TAR, source.resolve("files.tar").toString()).run().succeeds();
    Path root = Files.createDirectory(directory.resolve("rootfs"));
    Command.of("bash", "-c", MAKE_ROOT, root.toString(), source.toString()).run().succeeds();
    Path cold = Files.createDirectories(directory.resolve("files/cold"));
    Command.of("bash", "-c", MAKE_COLD, cold.toString()).run().succeeds();
    Command.of("cp", "-al", cold.toString(), root.toString()).run().succeeds();
    addWays();
    for (int i = 0; i < rounds * LARGE_IN_A_ROUND; i++) {
      inTurns(Part.LARGE, "large files, %d of %d".formatted(i + 1, rounds * LARGE_IN_A_ROUND));
    }
    for (int i = 0; i < rounds; i++) {
      inTurns(Part.SMALL, "small files, %d of %d".formatted(i + 1, rounds));
    }
    print("median, ms", what -> true, "%.0f", this::median);
    print("times the raw disk's", what -> !isMetadata(what), "%.2f", this::timesTheRawDisks);
    print("times faster than " + PLAIN, FilesBenchmark::isMetadata, "%.1f", this::timesFaster);
    System.out.printf(
        Locale.ROOT, "goal: at most %.1f of the raw disk's time%n", SEQUENTIAL_AT_MOST);
    tellGoal(
        what -> what.startsWith("sequential"),
        "%.2f",
        this::timesTheRawDisks,
        ratio -> ratio <= SEQUENTIAL_AT_MOST);
    System.out.printf(
        Locale.ROOT, "goal: at least %.1f times faster than %s%n", METADATA_AT_LEAST, PLAIN);
    tellGoal(
        FilesBenchmark::isMetadata, "%.1f", this::timesFaster, ratio -> ratio >= METADATA_AT_LEAST);
  }

  private void inTurns(Part part, String progress) throws IOException {
    for (Way way : ways) {
      if (part == Part.SMALL && way.kind() == Kind.RAW) {
        continue;
      }
      List<String> lines = once(way, part);
      System.err.printf("%s, %s: %s%n", progress, way.name(), String.join(", ", lines));
      for (String line : lines) {
        int blank = line.indexOf(' ');
        times
            .computeIfAbsent(line.substring(0, blank), name -> new LinkedHashMap<>())
            .computeIfAbsent(way.name(), name -> new ArrayList<>())
            .add(Double.parseDouble(line.substring(blank + 1)) / MICROSECONDS);
      }
    }
  }

  private static boolean isMetadata(String what) {
    return !what.startsWith("sequential") && !what.startsWith("random");
  }

  private double timesTheRawDisks(String what, String way) {
    return median(what, way) / median(what, RAW);
  }

  private double timesFaster(String what, String way) {
    return median(what, PLAIN) / median(what, way);
  }

  /** A line for each way of sharing that Bulkhead has: its ratios, and which miss the goal. */
  private void tellGoal(
      Predicate<String> choice, String format, Cell cell, DoublePredicate reaches) {
    for (String way : SHARING) {
      List<String> words = new ArrayList<>();
      for (String what : times.keySet()) {
        if (choice.test(what)) {
          double ratio = cell.of(what, way);
          words.add(
              what
                  + " "
                  + String.format(Locale.ROOT, format, ratio)
                  + (reaches.test(ratio) ? "" : " (missed)"));
        }
      }
      System.out.println("  " + way + ": " + String.join(", ", words));
    }
    System.out.println();
  }

  private void addWays() throws IOException {
    String root = directory.resolve("root").toString();
    ways.add(new Way("runc", Kind.VOLUME, List.of("runc", "--root", root)));
    ways.add(
        new Way(
            "runsc (ptrace)",
            Kind.VOLUME,
            List.of("runsc", "--platform=ptrace", "--network=none", "--root", root)));
    addBulkhead(RAW, Kind.RAW, "");
    addBulkhead("ext4 on a disk", Kind.DISK, "");
    addBulkhead(PLAIN, Kind.VOLUME, "cache_9p = \"none\"");
    addBulkhead(DEFAULT_9P, Kind.VOLUME, "cache_9p = \"mmap\"");
    addBulkhead("9p, loose", Kind.VOLUME, "cache_9p = \"loose\"");
    addBulkhead(DEFAULT_VIRTIO_FS, Kind.VOLUME, "shared_fs = \"virtio-fs\"");
    addBulkhead(
        "virtio-fs, always",
        Kind.VOLUME,
        "shared_fs = \"virtio-fs\"\nvirtio_fs_cache = \"always\"");
    addBulkhead(NOTHING, Kind.ROOT, "shared_fs = \"none\"");
  }

  private void addBulkhead(String name, Kind kind, String settings) throws IOException {
    Path configuration = directory.resolve("way-" + ways.size() + ".toml");
    Files.writeString(
        configuration,
        "[hypervisor.qemu]\n%s\n[image]\nstore = \"%s/store\"\n".formatted(settings, directory));
    ways.add(
        new Way(
            name,
            kind,
            List.of(
                Dist.BINARY.toString(),
                "--config",
                configuration.toString(),
                "--root",
                directory.resolve("root").toString())));
  }

  /** Does a part once and answers the lines. */
  private List<String> once(Way way, Part part) throws IOException {
    Path work = Files.createDirectory(directory.resolve("work"));
    Path bundle = Files.createDirectories(directory.resolve("bundle"));
    if (way.kind().isDisk()) {
      makeFloor(way.kind(), work);
    }
    try {
      Files.writeString(
          bundle.resolve("config.json"), JsonWriter.string(config(way.kind(), part, work)));
      List<String> words = new ArrayList<>(way.runtime());
      words.addAll(List.of("run", "--bundle", bundle.toString(), "files"));
      return Command.of(words)
          .timeoutSeconds(TIMEOUT_SECONDS)
          .run()
          .succeeds()
          .output()
          .lines()
          .toList();
    } finally {
      if (way.kind().isDisk()) {
        directVolume("remove", work).run().succeeds();
      }
      Command.of("rm", "-rf", work.toString()).run().succeeds();
    }
  }

  /** The file itself is the machine's disk: nothing of the host's lies between. */
  private void makeFloor(Kind kind, Path work) {
    String image = directory.resolve("floor").toString();
    Command.of("rm", "-f", image).run().succeeds();
    Command.of("truncate", "-s", Long.toString(SIZE_OF_FLOOR), image).run().succeeds();
    String files = directory.resolve("files").toString();
    if (kind == Kind.RAW) {
      Command.of("mkfs.ext4", "-qF", "-O", "^has_journal", image).run().succeeds();
      Command.of("bash", "-c", FILL_FLOOR, image, files, IN_ORDER_AT, AT_RANDOM_AT)
          .run()
          .succeeds();
    } else {
      Command.of("mkfs.ext4", "-qF", "-d", files, image).run().succeeds();
    }
    JsonObject mount =
        new JsonObject(Map.of("volume-type", "block", "device", image, "fstype", "ext4"));
    directVolume("add", work, "--mount-info", JsonWriter.string(mount)).run().succeeds();
  }

  private static Command directVolume(String action, Path path, String... options) {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("direct-volume", action, "--volume-path", path.toString()));
    words.addAll(List.of(options));
    return Dist.bulkhead(words.toArray(String[]::new));
  }

  private JsonObject config(Kind kind, Part part, Path work) {
    JsonArray mounts = new JsonArray();
    mounts.add(mount("proc", "proc", "/proc"));
    mounts.add(mount("tmpfs", "tmpfs", "/dev"));
    mounts.add(mount("tmpfs", "tmpfs", "/tmp"));
    if (kind != Kind.ROOT) {
      JsonObject bind = mount("bind", work.toString(), "/work");
      bind.put("options", JsonArray.from("rbind"));
      mounts.add(bind);
    }
    JsonObject capabilities = new JsonObject();
    for (String set : List.of("bounding", "effective", "permitted")) {
      capabilities.put(set, JsonArray.from(CAPABILITIES.toArray()));
    }
    JsonObject process = new JsonObject();
    process.put("cwd", "/");
    process.put("args", JsonArray.from("bash", "-c", SCRIPT));
    process.put(
        "env",
        JsonArray.from(
            "PATH=/usr/bin",
            "HOME=/tmp",
            "KIND=" + kind,
            "PART=" + part,
            "IN_ORDER_AT=" + IN_ORDER_AT,
            "AT_RANDOM_AT=" + AT_RANDOM_AT,
            "GIT_CONFIG_COUNT=1",
            "GIT_CONFIG_KEY_0=safe.directory",
            "GIT_CONFIG_VALUE_0=*"));
    process.put("capabilities", capabilities);
    process.put("user", new JsonObject(Map.of("uid", 0, "gid", 0)));
    JsonObject root = new JsonObject();
    root.put("path", directory.resolve("rootfs").toString());
    root.put("readonly", kind != Kind.ROOT);
    JsonObject config = new JsonObject();
    config.put("ociVersion", "1.0.2");
    config.put("process", process);
    config.put("root", root);
    config.put("mounts", mounts);
    config.put("linux", linux());
    return config;
  }

  private static JsonObject mount(String type, String source, String target) {
    return new JsonObject(Map.of("type", type, "source", source, "destination", target));
  }

  private static JsonObject linux() {
    JsonArray namespaces = new JsonArray();
    for (String type : List.of("pid", "mount", "network", "ipc", "uts")) {
      namespaces.add(new JsonObject(Map.of("type", type)));
    }
    JsonObject linux = new JsonObject();
    linux.put("namespaces", namespaces);
    return linux;
  }

  /** Not a number for what was not done. */
  private double median(String what, String way) {
    List<Double> values = times.get(what).getOrDefault(way, List.of());
    return values.isEmpty()
        ? Double.NaN
        : Contest.median(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private interface Cell {
    double of(String what, String way);
  }

  private void print(String head, Predicate<String> choice, String format, Cell cell) {
    List<String> names = ways.stream().map(Way::name).toList();
    System.out.println("| " + head + " | " + String.join(" | ", names) + " |");
    System.out.println("|---".repeat(names.size() + 1) + "|");
    for (String what : times.keySet()) {
      if (choice.test(what)) {
        List<String> cells = new ArrayList<>();
        for (String way : names) {
          double number = cell.of(what, way);
          cells.add(Double.isNaN(number) ? "" : String.format(Locale.ROOT, format, number));
        }
        System.out.println("| " + what + " | " + String.join(" | ", cells) + " |");
      }
    }
    System.out.println();
  }
}

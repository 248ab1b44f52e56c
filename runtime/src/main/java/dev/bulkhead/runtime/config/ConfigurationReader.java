package dev.bulkhead.runtime.config;

import dev.bulkhead.runtime.cli.Spelling;
import dev.bulkhead.runtime.config.toml.Toml;
import dev.bulkhead.runtime.config.toml.TomlException;
import dev.bulkhead.runtime.config.toml.TomlValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes a configuration of the texts of its files. */
public final class ConfigurationReader {
  private final Map<String, Found> found = new HashMap<>();

  private ConfigurationReader() {}

  /** A value, and the file that has it. */
  private record Found(String file, TomlValue value) {}

  /**
   * Reads files.
   *
   * @param files of two that have the same key, the later counts; without any, defaults hold
   * @throws ConfigurationException if a file is no TOML, or has a key or value that is not possible
   */
  public static Configuration read(List<ConfigurationFile> files) throws ConfigurationException {
    ConfigurationReader reader = new ConfigurationReader();
    for (ConfigurationFile file : files) {
      reader.add(file);
    }
    return reader.build(files.stream().map(ConfigurationFile::name).toList());
  }

  private void add(ConfigurationFile file) throws ConfigurationException {
    TomlValue.Table document;
    try {
      document = Toml.parse(file.text());
    } catch (TomlException e) {
      throw new ConfigurationException(file.name() + ":" + e.line() + ": " + e.getMessage(), e);
    }
    addTable(file.name(), "", document);
  }

  private void addTable(String file, String section, TomlValue.Table table)
      throws ConfigurationException {
    for (Map.Entry<String, TomlValue> entry : table.entries().entrySet()) {
      String name = section.isEmpty() ? entry.getKey() : section + "." + entry.getKey();
      TomlValue value = entry.getValue();
      if (Keys.ALL.stream().anyMatch(key -> key.fullName().equals(name))) {
        found.put(name, new Found(file, value));
      } else if (value instanceof TomlValue.Table below && isSection(name)) {
        addTable(file, name, below);
      } else {
        throw ConfigurationException.at(file, value.line(), unknown(section, entry, name));
      }
    }
  }

  /** Whether keys stand in this table or further below. */
  private static boolean isSection(String name) {
    return Keys.ALL.stream().anyMatch(key -> key.fullName().startsWith(name + "."));
  }

  private static String unknown(String section, Map.Entry<String, TomlValue> entry, String name) {
    List<String> sections = Keys.ALL.stream().map(Key::section).distinct().toList();
    if (entry.getValue() instanceof TomlValue.Table) {
      return "unknown section '" + name + "'; there are " + String.join(", ", sections);
    }
    List<String> siblings =
        Keys.ALL.stream().filter(key -> key.section().equals(section)).map(Key::name).toList();
    if (siblings.isEmpty()) {
      return "unknown key '"
          + name
          + "'; keys stand in the sections "
          + String.join(", ", sections);
    }
    return "unknown key '"
        + name
        + "'"
        + Spelling.nearest(entry.getKey(), siblings)
            .map(nearest -> "; did you mean '" + nearest + "'?")
            .orElse("; in this section there are " + String.join(", ", siblings));
  }

  private <T> T get(Key<T> key) throws ConfigurationException {
    Found there = found.get(key.fullName());
    if (there == null) {
      return key.defaultValue();
    }
    Optional<T> value = key.reader().apply(there.value());
    if (value.isEmpty()) {
      throw ConfigurationException.at(
          there.file(),
          there.value().line(),
          key.fullName()
              + " is "
              + shown(there.value())
              + ", but "
              + key.expectation()
              + " is needed");
    }
    return value.get();
  }

  private Optional<String> getPath(Key<String> key) throws ConfigurationException {
    return Optional.of(get(key)).filter(path -> !path.isEmpty());
  }

  private static String shown(TomlValue value) {
    return switch (value) {
      case TomlValue.Text text -> '"' + text.value() + '"';
      case TomlValue.Whole whole -> Long.toString(whole.value());
      case TomlValue.Truth truth -> Boolean.toString(truth.value());
      case TomlValue.Array array -> shown(array);
      case TomlValue.Real real -> real.kind();
      case TomlValue.Table table -> table.kind();
    };
  }

  private static String shown(TomlValue.Array array) {
    List<String> elements = new ArrayList<>();
    for (TomlValue element : array.values()) {
      elements.add(shown(element));
    }
    return "[" + String.join(", ", elements) + "]";
  }

  private Configuration build(List<String> files) throws ConfigurationException {
    Configuration configuration =
        new Configuration(
            new Configuration.Qemu(
                getPath(Keys.PATH),
                getPath(Keys.KERNEL),
                getPath(Keys.INITRD),
                getPath(Keys.DISK_IMAGE),
                get(Keys.MACHINE_TYPE),
                get(Keys.KERNEL_PARAMS),
                get(Keys.ACCEL),
                get(Keys.DEFAULT_VCPUS),
                get(Keys.DEFAULT_MAXVCPUS),
                get(Keys.DEFAULT_MEMORY),
                get(Keys.DEFAULT_MAXMEMORY),
                get(Keys.OVERHEAD_MEMORY),
                get(Keys.SHARED_FS),
                get(Keys.MSIZE_9P),
                get(Keys.CACHE_9P),
                getPath(Keys.VIRTIO_FS_DAEMON),
                get(Keys.VIRTIO_FS_CACHE),
                get(Keys.VIRTIO_FS_EXTRA_ARGS),
                get(Keys.DEFAULT_BRIDGES),
                get(Keys.DISABLE_BLOCK_DEVICE_USE),
                get(Keys.USE_VSOCK)),
            new Configuration.Agent(get(Keys.DIAL_TIMEOUT), get(Keys.KERNEL_MODULES)),
            new Configuration.Behaviour(
                get(Keys.DISABLE_GUEST_SECCOMP),
                get(Keys.CREATE_CONTAINER_TIMEOUT),
                get(Keys.INTERNETWORKING_MODEL),
                get(Keys.SPARE_NETWORK_DEVICES),
                get(Keys.ALLOW_HOST_NETWORK)),
            new Configuration.Factory(
                get(Keys.TEMPLATE),
                get(Keys.TEMPLATE_PROCESS),
                get(Keys.TEMPLATE_PATH),
                get(Keys.TEMPLATE_LIMIT),
                get(Keys.POOL_PATH)),
            new Configuration.Images(
                get(Keys.STORE), get(Keys.ROOT_LIMIT), get(Keys.INSECURE_REGISTRIES)),
            files);
    checkTogether(configuration.qemu());
    return configuration;
  }

  private void checkTogether(Configuration.Qemu qemu) throws ConfigurationException {
    if (qemu.initrd().isPresent() && qemu.image().isPresent()) {
      throw conflict(
          Keys.DISK_IMAGE,
          "and so is "
              + Keys.INITRD.fullName()
              + ", but a guest boots from one of them; remove the other");
    }
    if (qemu.defaultMaxvcpus() != 0 && qemu.defaultVcpus() > qemu.defaultMaxvcpus()) {
      throw conflict(
          Keys.DEFAULT_MAXVCPUS,
          "but "
              + Keys.DEFAULT_VCPUS.fullName()
              + " is "
              + qemu.defaultVcpus()
              + " and must not be more");
    }
    if (qemu.defaultMaxmemoryMib() != 0 && qemu.defaultMemoryMib() > qemu.defaultMaxmemoryMib()) {
      throw conflict(
          Keys.DEFAULT_MAXMEMORY,
          "but "
              + Keys.DEFAULT_MEMORY.fullName()
              + " is "
              + qemu.defaultMemoryMib()
              + " and must not be more");
    }
  }

  /** An error at a key that was set. */
  private ConfigurationException conflict(Key<?> key, String why) {
    Found there = found.get(key.fullName());
    return ConfigurationException.at(
        there.file(),
        there.value().line(),
        key.fullName() + " is " + shown(there.value()) + ", " + why);
  }
}

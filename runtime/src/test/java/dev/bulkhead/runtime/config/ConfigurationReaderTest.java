package dev.bulkhead.runtime.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bulkhead.hypervisor.MachineModel;
import dev.bulkhead.hypervisor.kvm.AcceleratorChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationReaderTest {
  private static Configuration read(String... texts) throws ConfigurationException {
    List<ConfigurationFile> files = new ArrayList<>();
    for (String text : texts) {
      files.add(new ConfigurationFile("/etc/file" + files.size() + ".toml", text));
    }
    return ConfigurationReader.read(files);
  }

  private static String error(String... texts) {
    return assertThrows(ConfigurationException.class, () -> read(texts)).getMessage();
  }

  @Test
  void readsWhatIsSetAndKeepsDefaults() throws ConfigurationException {
    Configuration configuration =
        read(
            """
            [hypervisor.qemu]
            path = "/opt/qemu"
            kernel = ""
            machine_type = "microvm"
            accel = "tcg"
            default_memory = 512
            shared_fs = "virtio-fs"
            virtio_fs_extra_args = ["--thread-pool-size=1"]
            [agent.kata]
            dial_timeout = 90
            [runtime]
            disable_guest_seccomp = true
            [image]
            insecure_registries = ["registry.example:5000"]
            """);
    Configuration.Qemu qemu = configuration.qemu();
    assertEquals(Optional.of("/opt/qemu"), qemu.path());
    assertEquals(Optional.empty(), qemu.kernel());
    assertEquals(MachineModel.MICROVM, qemu.machineType());
    assertEquals(AcceleratorChoice.Wish.TCG, qemu.accel());
    assertEquals(512, qemu.defaultMemoryMib());
    assertEquals(SharedFileSystem.VIRTIO_FS, qemu.sharedFs());
    assertEquals(List.of("--thread-pool-size=1"), qemu.virtioFsExtraArgs());
    assertEquals(1, qemu.defaultVcpus());
    assertEquals(90, configuration.agent().dialTimeoutSeconds());
    assertEquals(60, configuration.runtime().createContainerTimeoutSeconds());
    assertEquals(true, configuration.runtime().disableGuestSeccomp());
    assertEquals(List.of("registry.example:5000"), configuration.images().insecureRegistries());
    assertEquals(List.of("/etc/file0.toml"), configuration.files());
  }

  @Test
  void laterFilesCountMore() throws ConfigurationException {
    Configuration configuration =
        read(
            "[hypervisor.qemu]\ndefault_memory = 512\ndefault_vcpus = 2\n",
            "hypervisor.qemu.default_memory = 1024\n",
            "");
    assertEquals(1024, configuration.qemu().defaultMemoryMib());
    assertEquals(2, configuration.qemu().defaultVcpus());
    assertEquals(3, configuration.files().size());
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "default_memory = 10|`default_memory is 10, but a whole number of 48 to 16777216 (MiB) is"
            + " needed`",
        "default_memory = \"2g\"|`default_memory is \"2g\", but a whole number of 48 to 16777216"
            + " (MiB) is needed`",
        "default_memory = 1.5|`default_memory is a number with a fraction, but a whole number of 48"
            + " to 16777216 (MiB) is needed`",
        "default_memory = 9000000000|`default_memory is 9000000000, but a whole number of 48 to"
            + " 16777216 (MiB) is needed`",
        "default_maxvcpus = -1|`default_maxvcpus is -1, but a whole number of 0 to 255, where 0 is"
            + " all of the host's is needed`",
        "machine_type = \"pc\"|`machine_type is \"pc\", but one of \"q35\", \"microvm\" is needed`",
        "shared_fs = true|`shared_fs is true, but one of \"virtio-9p\", \"virtio-fs\", \"none\","
            + " \"auto\" is needed`",
        "kernel = \"vmlinux\"|`kernel is \"vmlinux\", but an absolute path is needed`",
        "virtio_fs_extra_args = [1, \"a\"]|`virtio_fs_extra_args is [1, \"a\"], but an array of"
            + " strings is needed`",
        "kernel_params = [[]]|`kernel_params is [[]], but a string is needed`",
      })
  void errorsNameFileLineAndKey(String line, String message) {
    assertEquals(
        "/etc/file1.toml:3: hypervisor.qemu." + message,
        error("", "# a comment\n[hypervisor.qemu]\n" + line));
  }

  @Test
  void unknownKeysAreErrors() {
    assertEquals(
        "/etc/file0.toml:2: unknown key 'hypervisor.qemu.default_memroy'; did you mean"
            + " 'default_memory'?",
        error("[hypervisor.qemu]\ndefault_memroy = 512"));
    assertEquals(
        "/etc/file0.toml:2: unknown key 'runtime.nonsense'; in this section there are"
            + " disable_guest_seccomp, create_container_timeout, internetworking_model,"
            + " spare_network_devices, allow_host_network",
        error("[runtime]\nnonsense = 1"));
    assertEquals(
        "/etc/file0.toml:1: unknown section 'hypervisor.clh'; there are hypervisor.qemu,"
            + " agent.kata, runtime, factory, image",
        error("[hypervisor.clh]\npath = '/usr/bin/clh'"));
    assertEquals(
        "/etc/file0.toml:1: unknown key 'default_memory'; keys stand in the sections"
            + " hypervisor.qemu, agent.kata, runtime, factory, image",
        error("default_memory = 512"));
    assertEquals(
        "/etc/file0.toml:1: unknown key 'runtime'; keys stand in the sections hypervisor.qemu,"
            + " agent.kata, runtime, factory, image",
        error("runtime = 1"));
  }

  @Test
  void aKeyThatIsATableIsAnError() {
    assertEquals(
        "/etc/file0.toml:1: hypervisor.qemu.path is a table, but an absolute path is needed",
        error("[hypervisor.qemu.path]\nx = 1"));
  }

  @Test
  void valuesThatContradictEachOtherAreErrors() {
    assertEquals(
        "/etc/file1.toml:2: hypervisor.qemu.image is \"/i\", and so is hypervisor.qemu.initrd, but"
            + " a guest boots from one of them; remove the other",
        error("hypervisor.qemu.initrd = '/r'", "[hypervisor.qemu]\nimage = '/i'"));
    assertEquals(
        "/etc/file0.toml:1: hypervisor.qemu.default_maxvcpus is 1, but"
            + " hypervisor.qemu.default_vcpus is 2 and must not be more",
        error("hypervisor.qemu.default_maxvcpus = 1\nhypervisor.qemu.default_vcpus = 2"));
    assertEquals(
        "/etc/file0.toml:1: hypervisor.qemu.default_maxmemory is 256, but"
            + " hypervisor.qemu.default_memory is 512 and must not be more",
        error("hypervisor.qemu.default_maxmemory = 256"));
  }

  @Test
  void whatIsNoTomlIsAnError() {
    assertEquals(
        "/etc/file0.toml:2: 'q35' is no value; strings need quotes, as in \"q35\"",
        error("[hypervisor.qemu]\nmachine_type = q35"));
  }
}

package dev.bulkhead.linux;

import org.teavm.interop.Address;

/**
 * The smallest machine that KVM can run: one processor in flat 32-bit protected mode, ring 0, one
 * page of memory at address 0, no devices, no interrupts. See Linux's Documentation/virt/kvm/api.
 *
 * <p>x86-64 hosts only.
 */
public final class KvmMachine implements AutoCloseable {
  /** What {@link #run} answers when the processor executed HLT. */
  public static final int EXIT_HALT = 5;

  private static final int API_VERSION = 12;
  private static final int GET_API_VERSION = 0xae00;
  private static final int CREATE_VM = 0xae01;
  private static final int GET_VCPU_MMAP_SIZE = 0xae04;
  private static final int CREATE_VCPU = 0xae41;
  private static final int SET_USER_MEMORY_REGION = 0x4020ae46;
  private static final int SET_TSS_ADDRESS = 0xae47;
  private static final int RUN = 0xae80;
  private static final int SET_REGISTERS = 0x4090ae82;
  private static final int GET_SYSTEM_REGISTERS = 0x8138ae83;
  private static final int SET_SYSTEM_REGISTERS = 0x4138ae84;

  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_SHARED = 1;
  private static final int MAP_SHARED_ANONYMOUS = 0x21;
  private static final int PAGE = 4096;
  // Three pages that KVM wants below 4 GiB on processors that cannot run real mode in a guest.
  private static final long TSS_ADDRESS = 0xfffbd000L;

  private static final int SEGMENT_SIZE = 24;
  private static final int SEGMENTS = 6;
  private static final int CONTROL_REGISTER_0 = 224;
  private static final int EFER = 264;
  private static final int SYSTEM_REGISTERS_SIZE = 312;
  private static final int REGISTERS_SIZE = 144;
  private static final int RCX = 16;
  private static final int RFLAGS = 136;
  private static final int EXIT_REASON = 8;

  private final Fd kvm;
  private Fd machine;
  private Fd processor;
  private Address memory = Address.fromInt(0);
  private Address shared = Address.fromInt(0);
  private long sharedSize;

  private KvmMachine(Fd kvm) {
    this.kvm = kvm;
  }

  /**
   * Makes a machine that runs {@code code}, of up to a page, from address 0.
   *
   * @param kvm the opened /dev/kvm; this object's from now on, on failure too
   * @throws LinuxException if KVM refuses
   */
  public static KvmMachine create(Fd kvm, byte[] code) {
    KvmMachine made = new KvmMachine(kvm);
    try {
      made.build(code);
      return made;
    } catch (LinuxException e) {
      made.close();
      throw e;
    }
  }

  private void build(byte[] code) {
    if (control(kvm, "KVM_GET_API_VERSION", GET_API_VERSION, 0) != API_VERSION) {
      throw new LinuxException("KVM_GET_API_VERSION", kvm.name(), Errno.ENOSYS);
    }
    machine = new Fd(control(kvm, "KVM_CREATE_VM", CREATE_VM, 0), kvm.name());
    control(machine, "KVM_SET_TSS_ADDR", SET_TSS_ADDRESS, TSS_ADDRESS);
    memory = map(PAGE, MAP_SHARED_ANONYMOUS, -1);
    try (NativeMemory region = new NativeMemory(32)) {
      region.putLong(16, PAGE);
      region.putPointer(24, memory);
      control(machine, "KVM_SET_USER_MEMORY_REGION", SET_USER_MEMORY_REGION, region);
    }
    if (code.length > PAGE) {
      throw new IllegalArgumentException("a program of " + code.length + " bytes");
    }
    Libc.memcpy(memory, Address.ofData(code), code.length);
    processor = new Fd(control(machine, "KVM_CREATE_VCPU", CREATE_VCPU, 0), kvm.name());
    sharedSize = control(kvm, "KVM_GET_VCPU_MMAP_SIZE", GET_VCPU_MMAP_SIZE, 0);
    shared = map(sharedSize, MAP_SHARED, processor.number());
    enterProtectedMode();
  }

  private void enterProtectedMode() {
    try (NativeMemory registers = new NativeMemory(SYSTEM_REGISTERS_SIZE)) {
      control(processor, "KVM_GET_SREGS", GET_SYSTEM_REGISTERS, registers);
      for (int segment = 0; segment < SEGMENTS; segment++) {
        boolean isCode = segment == 0;
        int at = segment * SEGMENT_SIZE;
        registers.putLong(at, 0);
        registers.putInt(at + 8, -1);
        registers.putShort(at + 12, isCode ? 8 : 16);
        registers.putByte(at + 14, isCode ? 11 : 3);
        registers.putByte(at + 15, 1);
        registers.putByte(at + 16, 0);
        registers.putByte(at + 17, 1);
        registers.putByte(at + 18, 1);
        registers.putByte(at + 19, 0);
        registers.putByte(at + 20, 1);
      }
      // Protection on, paging off; the other bits as they are after a reset.
      registers.putLong(CONTROL_REGISTER_0, 0x60000011);
      registers.putLong(EFER, 0);
      control(processor, "KVM_SET_SREGS", SET_SYSTEM_REGISTERS, registers);
    }
  }

  /**
   * Runs the program from its start, with {@code ecx} in that register, until it leaves the
   * machine's processor.
   *
   * @return why it left, as {@link #EXIT_HALT}
   */
  public int run(int ecx) {
    try (NativeMemory registers = new NativeMemory(REGISTERS_SIZE)) {
      registers.putLong(RCX, ecx & 0xffffffffL);
      // The one bit that is always set.
      registers.putLong(RFLAGS, 2);
      control(processor, "KVM_SET_REGS", SET_REGISTERS, registers);
    }
    control(processor, "KVM_RUN", RUN, 0);
    return shared.add(EXIT_REASON).getInt();
  }

  private Address map(long size, int flags, int fd) {
    Address address = Libc.mmap(Address.fromInt(0), size, PROT_READ_WRITE, flags, fd, 0);
    if (address.toLong() == -1) {
      throw LinuxException.last("mmap", kvm.name());
    }
    return address;
  }

  private static int control(Fd fd, String name, int request, long argument) {
    return LinuxException.check(Libc.ioctlNumber(fd.number(), request, argument), name, fd.name());
  }

  private static void control(Fd fd, String name, int request, NativeMemory argument) {
    LinuxException.check(Libc.ioctl(fd.number(), request, argument.address()), name, fd.name());
  }

  @Override
  public void close() {
    unmap(shared, sharedSize);
    shared = Address.fromInt(0);
    if (processor != null) {
      processor.close();
    }
    if (machine != null) {
      machine.close();
    }
    unmap(memory, PAGE);
    memory = Address.fromInt(0);
    kvm.close();
  }

  private static void unmap(Address address, long size) {
    // Address 0 and mmap's failure value.
    if (address.toLong() != 0 && address.toLong() != -1) {
      Libc.munmap(address, size);
    }
  }
}

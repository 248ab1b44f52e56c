package dev.bulkhead.linux;

/**
 * Lets the processes of a cgroup find one port of an IPv4 address at another one, and not notice:
 * small programs in the kernel change the port where a process connects and sends, and change it
 * back where it is told who sent. Unlike a rule of netfilter it needs no modules, and unlike a
 * socket on the port itself it leaves that port to others. See bpf(2) and the kernel's
 * BPF_PROG_TYPE_CGROUP_SOCK_ADDR.
 */
public final class PortRedirection {
  private static final int LOAD = 5;
  private static final int ATTACH = 8;
  private static final int SOCKET_ADDRESS_PROGRAM = 18;
  private static final int AT_CONNECT = 10;
  private static final int AT_SEND = 14;
  private static final int AT_RECEIVE = 19;
  private static final int ALLOW_OTHERS = 2;
  private static final int LOAD_SIZE = 72;
  private static final int ATTACH_SIZE = 16;

  // Instructions: an opcode, two registers of four bits, an offset, a number.
  private static final int LOAD_WORD = 0x61;
  private static final int STORE_WORD = 0x63;
  private static final int JUMP_UNLESS_EQUAL = 0x55;
  private static final int SET = 0xb7;
  private static final int EXIT = 0x95;
  private static final int COUNT = 8;
  // Of struct bpf_sock_addr, which is what a program is given.
  private static final int ADDRESS_OFFSET = 4;
  private static final int PORT_OFFSET = 24;

  private PortRedirection() {}

  /**
   * Begins it, for as long as the cgroup is there.
   *
   * @param cgroup its directory, of a hierarchy of version 2
   * @param seen what the processes take for the other end
   * @param port where that is in truth
   */
  public static void begin(String cgroup, InetSocket.Peer seen, int port) {
    try (Fd directory = Files.open(cgroup, Open.O_RDONLY | Open.O_DIRECTORY)) {
      attach(directory, AT_CONNECT, seen.address(), seen.port(), port);
      attach(directory, AT_SEND, seen.address(), seen.port(), port);
      attach(directory, AT_RECEIVE, seen.address(), port, seen.port());
    }
  }

  private static void attach(Fd cgroup, int where, int address, int from, int to) {
    try (NativeMemory code = program(address, from, to);
        NativeMemory license = new NativeMemory(1);
        NativeMemory load = new NativeMemory(LOAD_SIZE);
        NativeMemory attach = new NativeMemory(ATTACH_SIZE)) {
      load.putInt(0, SOCKET_ADDRESS_PROGRAM);
      load.putInt(4, COUNT);
      load.putPointer(8, code.address());
      load.putPointer(16, license.address());
      load.putInt(68, where);
      int number = (int) call(LOAD, load, cgroup.name());
      try (Fd program = new Fd(number, "a program for " + cgroup.name())) {
        attach.putInt(0, cgroup.number());
        attach.putInt(4, program.number());
        attach.putInt(8, where);
        attach.putInt(12, ALLOW_OTHERS);
        call(ATTACH, attach, cgroup.name());
      }
    }
  }

  private static long call(int command, NativeMemory attributes, String subject) {
    return LinuxException.check(
        Libc.syscall(
            SystemCalls.BPF, command, attributes.address().toLong(), attributes.size(), 0, 0),
        "bpf",
        subject);
  }

  private static NativeMemory program(int address, int from, int to) {
    NativeMemory code = new NativeMemory(8 * COUNT);
    put(code, 0, LOAD_WORD, 0x12, ADDRESS_OFFSET, 0);
    put(code, 1, JUMP_UNLESS_EQUAL, 2, 4, Integer.reverseBytes(address));
    put(code, 2, LOAD_WORD, 0x12, PORT_OFFSET, 0);
    put(code, 3, JUMP_UNLESS_EQUAL, 2, 2, networkOrder(from));
    put(code, 4, SET, 2, 0, networkOrder(to));
    put(code, 5, STORE_WORD, 0x21, PORT_OFFSET, 0);
    put(code, 6, SET, 0, 0, 1);
    put(code, 7, EXIT, 0, 0, 0);
    return code;
  }

  private static int networkOrder(int port) {
    return ((port & 0xff) << 8) | ((port >> 8) & 0xff);
  }

  private static void put(
      NativeMemory code, int index, int opcode, int registers, int offset, int number) {
    code.putByte(8 * index, opcode);
    code.putByte(8 * index + 1, registers);
    code.putShort(8 * index + 2, offset);
    code.putInt(8 * index + 4, number);
  }
}

package dev.bulkhead.linux;

import org.teavm.interop.Address;
import org.teavm.interop.Import;
import org.teavm.interop.c.Include;

/** The C library's functions, as they are. Callers in this package turn -1 into exceptions. */
final class Libc {
  private Libc() {}

  @Import(name = "__errno_location")
  @Include("errno.h")
  private static native Address errnoLocation();

  /** The error of the call just made; read it before anything else can make another. */
  static int errno() {
    return errnoLocation().getInt();
  }

  @Import(name = "strerror")
  @Include("string.h")
  static native Address strerror(int errno);

  @Import(name = "strlen")
  @Include("string.h")
  static native long strlen(Address string);

  @Import(name = "memcpy")
  @Include("string.h")
  static native Address memcpy(Address to, Address from, long count);

  @Import(name = "malloc")
  @Include("stdlib.h")
  static native Address malloc(long size);

  @Import(name = "free")
  @Include("stdlib.h")
  static native void free(Address block);

  @Import(name = "mmap")
  @Include("sys/mman.h")
  static native Address mmap(
      Address hint, long length, int protection, int flags, int fd, long offset);

  @Import(name = "munmap")
  @Include("sys/mman.h")
  static native int munmap(Address address, long length);

  @Import(name = "close")
  @Include("unistd.h")
  static native int close(int fd);

  @Import(name = "open")
  @Include("fcntl.h")
  static native int open(Address path, int flags, int mode);

  @Import(name = "openat")
  @Include("fcntl.h")
  static native int openat(int directory, Address path, int flags, int mode);

  @Import(name = "read")
  @Include("unistd.h")
  static native long read(int fd, Address buffer, long count);

  @Import(name = "write")
  @Include("unistd.h")
  static native long write(int fd, Address buffer, long count);

  @Import(name = "lseek")
  @Include("unistd.h")
  static native long lseek(int fd, long offset, int whence);

  @Import(name = "fcntl")
  @Include("fcntl.h")
  static native int fcntl(int fd, int command, long argument);

  @Import(name = "dup2")
  @Include("unistd.h")
  static native int dup2(int from, int to);

  @Import(name = "pipe2")
  @Include("unistd.h")
  static native int pipe2(Address descriptors, int flags);

  @Import(name = "ioctl")
  @Include("sys/ioctl.h")
  static native int ioctl(int fd, int request, Address argument);

  @Import(name = "ioctl")
  @Include("sys/ioctl.h")
  static native int ioctlNumber(int fd, int request, long argument);

  @Import(name = "flock")
  @Include("sys/file.h")
  static native int flock(int fd, int operation);

  @Import(name = "fsync")
  @Include("unistd.h")
  static native int fsync(int fd);

  @Import(name = "ftruncate")
  @Include("unistd.h")
  static native int ftruncate(int fd, long length);

  @Import(name = "mkdirat")
  @Include("sys/stat.h")
  static native int mkdirat(int directory, Address path, int mode);

  @Import(name = "unlinkat")
  @Include("unistd.h")
  static native int unlinkat(int directory, Address path, int flags);

  @Import(name = "renameat")
  @Include("stdio.h")
  static native int renameat(int fromDirectory, Address from, int toDirectory, Address to);

  @Import(name = "symlinkat")
  @Include("unistd.h")
  static native int symlinkat(Address target, int directory, Address path);

  @Import(name = "readlinkat")
  @Include("unistd.h")
  static native long readlinkat(int directory, Address path, Address buffer, long size);

  @Import(name = "mknodat")
  @Include("sys/stat.h")
  static native int mknodat(int directory, Address path, int mode, long device);

  @Import(name = "fchmod")
  @Include("sys/stat.h")
  static native int fchmod(int fd, int mode);

  @Import(name = "fchmodat")
  @Include("sys/stat.h")
  static native int fchmodat(int directory, Address path, int mode, int flags);

  @Import(name = "fchownat")
  @Include("unistd.h")
  static native int fchownat(int directory, Address path, int uid, int gid, int flags);

  @Import(name = "chdir")
  @Include("unistd.h")
  static native int chdir(Address path);

  @Import(name = "fchdir")
  @Include("unistd.h")
  static native int fchdir(int fd);

  @Import(name = "chroot")
  @Include("unistd.h")
  static native int chroot(Address path);

  @Import(name = "umask")
  @Include("sys/stat.h")
  static native int umask(int mask);

  @Import(name = "mount")
  @Include("sys/mount.h")
  static native int mount(Address source, Address target, Address type, long flags, Address data);

  @Import(name = "umount2")
  @Include("sys/mount.h")
  static native int umount2(Address target, int flags);

  @Import(name = "fork")
  @Include("unistd.h")
  static native int fork();

  @Import(name = "_exit")
  @Include("unistd.h")
  static native void exit(int code);

  @Import(name = "execve")
  @Include("unistd.h")
  static native int execve(Address path, Address arguments, Address environment);

  @Import(name = "waitpid")
  @Include("sys/wait.h")
  static native int waitpid(int pid, Address status, int options);

  @Import(name = "kill")
  @Include("signal.h")
  static native int kill(int pid, int signal);

  @Import(name = "getpid")
  @Include("unistd.h")
  static native int getpid();

  @Import(name = "getppid")
  @Include("unistd.h")
  static native int getppid();

  @Import(name = "setsid")
  @Include("unistd.h")
  static native int setsid();

  @Import(name = "setpgid")
  @Include("unistd.h")
  static native int setpgid(int pid, int group);

  @Import(name = "geteuid")
  @Include("unistd.h")
  static native int geteuid();

  @Import(name = "unshare")
  @Include("sched.h")
  static native int unshare(int flags);

  @Import(name = "setns")
  @Include("sched.h")
  static native int setns(int fd, int kind);

  @Import(name = "sethostname")
  @Include("unistd.h")
  static native int sethostname(Address name, long length);

  @Import(name = "prctl")
  @Include("sys/prctl.h")
  static native int prctl(int option, long a, long b, long c, long d);

  @Import(name = "getrlimit")
  @Include("sys/resource.h")
  static native int getrlimit(int resource, Address limit);

  @Import(name = "setrlimit")
  @Include("sys/resource.h")
  static native int setrlimit(int resource, Address limit);

  @Import(name = "signal")
  @Include("signal.h")
  static native Address signal(int signal, Address handler);

  @Import(name = "sigprocmask")
  @Include("signal.h")
  static native int sigprocmask(int how, Address set, Address old);

  @Import(name = "signalfd")
  @Include("sys/signalfd.h")
  static native int signalfd(int fd, Address mask, int flags);

  @Import(name = "epoll_create1")
  @Include("sys/epoll.h")
  static native int epollCreate(int flags);

  @Import(name = "epoll_ctl")
  @Include("sys/epoll.h")
  static native int epollCtl(int epoll, int operation, int fd, Address event);

  @Import(name = "epoll_wait")
  @Include("sys/epoll.h")
  static native int epollWait(int epoll, Address events, int capacity, int timeoutMillis);

  @Import(name = "clock_gettime")
  @Include("time.h")
  static native int clockGettime(int clock, Address time);

  @Import(name = "clock_settime")
  @Include("time.h")
  static native int clockSettime(int clock, Address time);

  @Import(name = "socket")
  @Include("sys/socket.h")
  static native int socket(int family, int type, int protocol);

  @Import(name = "socketpair")
  @Include("sys/socket.h")
  static native int socketpair(int family, int type, int protocol, Address descriptors);

  @Import(name = "bind")
  @Include("sys/socket.h")
  static native int bind(int fd, Address address, int length);

  @Import(name = "listen")
  @Include("sys/socket.h")
  static native int listen(int fd, int backlog);

  @Import(name = "accept4")
  @Include("sys/socket.h")
  static native int accept4(int fd, Address address, Address length, int flags);

  @Import(name = "connect")
  @Include("sys/socket.h")
  static native int connect(int fd, Address address, int length);

  @Import(name = "shutdown")
  @Include("sys/socket.h")
  static native int shutdown(int fd, int how);

  @Import(name = "send")
  @Include("sys/socket.h")
  static native long send(int fd, Address data, long count, int flags);

  @Import(name = "sendto")
  @Include("sys/socket.h")
  static native long sendto(
      int fd, Address data, long count, int flags, Address address, int length);

  @Import(name = "recvfrom")
  @Include("sys/socket.h")
  static native long recvfrom(
      int fd, Address buffer, long count, int flags, Address address, Address length);

  @Import(name = "getsockname")
  @Include("sys/socket.h")
  static native int getsockname(int fd, Address address, Address length);

  @Import(name = "sendmsg")
  @Include("sys/socket.h")
  static native long sendmsg(int fd, Address message, int flags);

  @Import(name = "recvmsg")
  @Include("sys/socket.h")
  static native long recvmsg(int fd, Address message, int flags);

  @Import(name = "getsockopt")
  @Include("sys/socket.h")
  static native int getsockopt(int fd, int level, int name, Address value, Address length);

  @Import(name = "tcgetattr")
  @Include("termios.h")
  static native int tcgetattr(int fd, Address attributes);

  @Import(name = "tcsetattr")
  @Include("termios.h")
  static native int tcsetattr(int fd, int when, Address attributes);

  @Import(name = "cfmakeraw")
  @Include("termios.h")
  static native void cfmakeraw(Address attributes);

  @Import(name = "isatty")
  @Include("unistd.h")
  static native int isatty(int fd);

  /** Not the C library's: the build adds it to TeaVM's collector. */
  @Import(name = "bulkhead_growInsteadOfCollecting")
  static native void growInsteadOfCollecting(int bytes);

  @Import(name = "fstatfs")
  @Include("sys/vfs.h")
  static native int fstatfs(int fd, Address status);

  @Import(name = "getcwd")
  @Include("unistd.h")
  static native Address getcwd(Address buffer, long size);

  @Import(name = "reboot")
  @Include("sys/reboot.h")
  static native int reboot(int how);

  @Import(name = "sync")
  @Include("unistd.h")
  static native void sync();

  @Import(name = "getenv")
  @Include("stdlib.h")
  static native Address getenv(Address name);

  @Import(name = "syscall")
  @Include("unistd.h")
  static native long syscall(long number, long a, long b, long c, long d, long e);

  @Import(name = "syscall")
  @Include("unistd.h")
  static native long syscall(long number, long a, Address b, Address c, long d, long e);

  @Import(name = "syscall")
  @Include("unistd.h")
  static native long syscall(long number, Address a, Address b, long c, long d, long e);

  @Import(name = "getrandom")
  @Include("sys/random.h")
  static native long getrandom(Address buffer, long count, int flags);

  @Import(name = "fchown")
  @Include("unistd.h")
  static native int fchown(int fd, int uid, int gid);

  /** The processor's time stamp counter; a function of the compiler's own, so any header does. */
  @Import(name = "__builtin_ia32_rdtsc")
  @Include("stddef.h")
  static native long rdtsc();
}

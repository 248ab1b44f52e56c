/*
 * What a file system promises to programs, one case after another. Usage:
 *
 *   file-semantics DIRECTORY          runs every case in a new directory of its own below DIRECTORY
 *   file-semantics list DIRECTORY N   lists a directory that has to have the N files 0 to N-1
 *   file-semantics watch PATH         prints a line for each event of inotify at a path
 *
 * Each case prints one line: its name and "ok", or its name and what was not as it should be. The
 * same program runs on a plain file system, so what it expects is proven there.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SOMEBODY 1000
#define CASE_SECONDS 120
#define MAX_CASES 200

struct test {
  const char *name;
  void (*run)(void);
};
static struct test tests[MAX_CASES];
static int test_count;

static void add(const char *name, void (*run)(void)) {
  if (test_count == MAX_CASES) abort();
  tests[test_count++] = (struct test){name, run};
}

#define CASE(name)                                                              \
  static void name(void);                                                       \
  __attribute__((constructor)) static void add_##name(void) { add(#name, name); } \
  static void name(void)

static void wrong(int line, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  dprintf(STDOUT_FILENO, "line %d: %s\n", line, text);
  _exit(1);
}

#define OK(call) ok((call), #call, __LINE__)
static long ok(long result, const char *call, int line) {
  if (result == -1) wrong(line, "%s: %s", call, strerror(errno));
  return result;
}

#define FAILS(call, expected) fails((errno = 0, (call)), expected, #call, __LINE__)
static void fails(long result, int expected, const char *call, int line) {
  if (result != -1) wrong(line, "%s succeeds, expected: %s", call, strerror(expected));
  if (errno != expected) wrong(line, "%s: %s, expected: %s", call, strerror(errno), strerror(expected));
}

#define IS(condition) \
  do { if (!(condition)) wrong(__LINE__, "not so: %s", #condition); } while (0)

#define EQUAL(actual, expected) equal((long)(actual), (long)(expected), #actual, __LINE__)
static void equal(long actual, long expected, const char *what, int line) {
  if (actual != expected) wrong(line, "%s is %ld and not %ld", what, actual, expected);
}

/* Runs what follows in another process; JOIN waits for it and fails if it failed. */
#define CHILD(pid) pid_t pid = OK(fork()); if (pid == 0)
#define JOIN(pid) join(pid)
static void join(pid_t pid) {
  int status;
  if (waitpid(pid, &status, 0) != pid || status != 0) _exit(1);
}

/* As an ordinary user without any capability. */
static void become(uid_t uid) {
  OK(setgid(uid));
  OK(setuid(uid));
}

static void make(const char *path, const char *content) {
  int fd = OK(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
  EQUAL(write(fd, content, strlen(content)), strlen(content));
  OK(close(fd));
}

static void contains(const char *path, const char *expected, int line) {
  char buffer[4096];
  int fd = open(path, O_RDONLY);
  if (fd < 0) wrong(line, "%s: %s", path, strerror(errno));
  ssize_t length = read(fd, buffer, sizeof buffer - 1);
  if (length < 0) wrong(line, "reading %s: %s", path, strerror(errno));
  buffer[length] = 0;
  close(fd);
  if (strcmp(buffer, expected) != 0) wrong(line, "%s has '%s' and not '%s'", path, buffer, expected);
}
#define CONTAINS(path, expected) contains(path, expected, __LINE__)

static struct stat status(const char *path) {
  struct stat s;
  if (lstat(path, &s) != 0) wrong(0, "stat of %s: %s", path, strerror(errno));
  return s;
}

static int later(struct timespec a, struct timespec b) {
  return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

/* Clocks of files go in steps of the kernel's timer. */
static void let_clock_tick(void) { usleep(30000); }

/* ---- Locks ---- */

static struct flock region(short type, off_t start, off_t length) {
  return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
}

CASE(locks_exclude_other_processes) {
  int ready[2], done[2];
  char byte = 0;
  OK(pipe(ready));
  OK(pipe(done));
  make("f", "content");
  CHILD(holder) {
    struct flock all = region(F_WRLCK, 0, 0);
    int fd = OK(open("f", O_RDWR));
    OK(fcntl(fd, F_SETLK, &all));
    OK(write(ready[1], &byte, 1));
    OK(read(done[0], &byte, 1));
    _exit(0);
  }
  OK(read(ready[0], &byte, 1));
  int fd = OK(open("f", O_RDWR));
  struct flock wanted = region(F_RDLCK, 2, 3);
  FAILS(fcntl(fd, F_SETLK, &wanted), EAGAIN);
  OK(fcntl(fd, F_GETLK, &wanted));
  EQUAL(wanted.l_type, F_WRLCK);
  EQUAL(wanted.l_pid, holder);
  OK(write(done[1], &byte, 1));
  JOIN(holder);
  wanted = region(F_WRLCK, 2, 3);
  OK(fcntl(fd, F_SETLK, &wanted));
}

CASE(locks_are_shared_by_readers) {
  make("f", "content");
  int fd = OK(open("f", O_RDWR));
  struct flock read_lock = region(F_RDLCK, 0, 10);
  OK(fcntl(fd, F_SETLK, &read_lock));
  CHILD(other) {
    int own = OK(open("f", O_RDWR));
    struct flock shared = region(F_RDLCK, 0, 10), exclusive = region(F_WRLCK, 9, 1),
                 beyond = region(F_WRLCK, 10, 1);
    OK(fcntl(own, F_SETLK, &shared));
    FAILS(fcntl(own, F_SETLK, &exclusive), EAGAIN);
    OK(fcntl(own, F_SETLK, &beyond));
    _exit(0);
  }
  JOIN(other);
}

CASE(a_lock_is_waited_for) {
  int ready[2];
  char byte = 0;
  OK(pipe(ready));
  make("f", "");
  CHILD(holder) {
    struct flock all = region(F_WRLCK, 0, 0);
    int fd = OK(open("f", O_RDWR));
    OK(fcntl(fd, F_SETLK, &all));
    OK(write(ready[1], &byte, 1));
    let_clock_tick();
    OK(write(fd, "first", 5));
    _exit(0);
  }
  OK(read(ready[0], &byte, 1));
  int fd = OK(open("f", O_RDWR));
  struct flock all = region(F_WRLCK, 0, 0);
  OK(fcntl(fd, F_SETLKW, &all));
  CONTAINS("f", "first");
  JOIN(holder);
}

CASE(locks_of_open_files_belong_to_them) {
  make("f", "");
  int one = OK(open("f", O_RDWR)), two = OK(open("f", O_RDWR));
  struct flock all = region(F_WRLCK, 0, 0);
  OK(fcntl(one, F_OFD_SETLK, &all));
  FAILS(fcntl(two, F_OFD_SETLK, &all), EAGAIN);
  OK(close(one));
  OK(fcntl(two, F_OFD_SETLK, &all));
}

CASE(flock_excludes) {
  make("f", "");
  int one = OK(open("f", O_RDONLY)), two = OK(open("f", O_RDONLY));
  OK(flock(one, LOCK_EX));
  FAILS(flock(two, LOCK_SH | LOCK_NB), EWOULDBLOCK);
  OK(flock(one, LOCK_SH));
  OK(flock(two, LOCK_SH | LOCK_NB));
  OK(flock(one, LOCK_UN));
  OK(flock(two, LOCK_EX | LOCK_NB));
}

/* ---- Reading and writing ---- */

CASE(appends_of_several_processes_do_not_mix) {
  enum { WRITERS = 4, RECORDS = 40, LENGTH = 100 };
  pid_t pids[WRITERS];
  for (int w = 0; w < WRITERS; w++) {
    CHILD(writer) {
      char record[LENGTH];
      memset(record, 'a' + w, LENGTH);
      int fd = OK(open("f", O_WRONLY | O_CREAT | O_APPEND, 0644));
      for (int r = 0; r < RECORDS; r++) EQUAL(write(fd, record, LENGTH), LENGTH);
      _exit(0);
    }
    pids[w] = writer;
  }
  for (int w = 0; w < WRITERS; w++) JOIN(pids[w]);
  EQUAL(status("f").st_size, WRITERS * RECORDS * LENGTH);
  int counts[WRITERS] = {0};
  int fd = OK(open("f", O_RDONLY));
  char record[LENGTH];
  while (OK(read(fd, record, LENGTH)) == LENGTH) {
    for (int i = 1; i < LENGTH; i++) EQUAL(record[i], record[0]);
    counts[record[0] - 'a']++;
  }
  for (int w = 0; w < WRITERS; w++) EQUAL(counts[w], RECORDS);
}

CASE(appending_ignores_the_position) {
  make("f", "one");
  int fd = OK(open("f", O_RDWR | O_APPEND));
  OK(lseek(fd, 0, SEEK_SET));
  OK(write(fd, "two", 3));
  OK(pwrite(fd, "three", 5, 0));
  CONTAINS("f", "onetwothree");
}

CASE(appending_may_be_switched_on) {
  make("f", "one");
  int fd = OK(open("f", O_RDWR));
  OK(fcntl(fd, F_SETFL, O_APPEND));
  OK(write(fd, "two", 3));
  CONTAINS("f", "onetwo");
}

CASE(what_one_process_writes_another_reads) {
  make("f", "0123456789");
  int reader = OK(open("f", O_RDONLY));
  char buffer[20];
  EQUAL(read(reader, buffer, 5), 5);
  CHILD(writer) {
    int fd = OK(open("f", O_WRONLY));
    OK(pwrite(fd, "XYZ", 3, 5));
    OK(pwrite(fd, "end", 3, 10));
    _exit(0);
  }
  JOIN(writer);
  EQUAL(read(reader, buffer, 20), 8);
  IS(memcmp(buffer, "XYZ89end", 8) == 0);
}

CASE(vectors_are_read_and_written) {
  struct iovec out[] = {{"one", 3}, {"", 0}, {"two", 3}};
  char a[2], b[4];
  struct iovec in[] = {{a, 2}, {b, 4}};
  int fd = OK(open("f", O_RDWR | O_CREAT, 0644));
  EQUAL(pwritev(fd, out, 3, 4), 6);
  EQUAL(preadv(fd, in, 2, 4), 6);
  IS(memcmp(a, "on", 2) == 0 && memcmp(b, "etwo", 4) == 0);
  EQUAL(status("f").st_size, 10);
}

CASE(large_writes_come_back) {
  enum { SIZE = 3 << 20 };
  char *out = malloc(SIZE), *in = malloc(SIZE);
  for (int i = 0; i < SIZE; i++) out[i] = (char)(i * 2654435761u >> 13);
  int fd = OK(open("f", O_RDWR | O_CREAT, 0644));
  EQUAL(write(fd, out, SIZE), SIZE);
  EQUAL(pwrite(fd, out, SIZE - 4097, 4097), SIZE - 4097);
  OK(close(fd));
  fd = OK(open("f", O_RDONLY));
  for (int got = 0; got < SIZE;) {
    int n = OK(read(fd, in + got, SIZE - got));
    IS(n > 0);
    got += n;
  }
  IS(memcmp(in, out, 4097) == 0 && memcmp(in + 4097, out, SIZE - 4097) == 0);
}

CASE(direct_io_bypasses_caches) {
  enum { SIZE = 8192 };
  void *block;
  EQUAL(posix_memalign(&block, 4096, SIZE), 0);
  memset(block, 'd', SIZE);
  int fd = OK(open("f", O_RDWR | O_CREAT | O_DIRECT, 0644));
  EQUAL(pwrite(fd, block, SIZE, 0), SIZE);
  memset(block, 0, SIZE);
  EQUAL(pread(fd, block, SIZE, 0), SIZE);
  for (int i = 0; i < SIZE; i++) EQUAL(((char *)block)[i], 'd');
}

CASE(synchronous_files_work) {
  int fd = OK(open("f", O_WRONLY | O_CREAT | O_SYNC, 0644));
  OK(write(fd, "kept", 4));
  OK(fsync(fd));
  OK(fdatasync(fd));
  OK(syncfs(fd));
  OK(sync_file_range(fd, 0, 4, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));
  int directory = OK(open(".", O_RDONLY | O_DIRECTORY));
  OK(fsync(directory));
  CONTAINS("f", "kept");
}

CASE(data_is_copied_between_files) {
  make("from", "0123456789");
  int from = OK(open("from", O_RDONLY)), to = OK(open("to", O_RDWR | O_CREAT, 0644));
  loff_t start = 2;
  EQUAL(copy_file_range(from, &start, to, NULL, 5, 0), 5);
  off_t rest = 7;
  EQUAL(sendfile(to, from, &rest, 3), 3);
  CONTAINS("to", "23456789");
}

CASE(a_file_may_be_larger_than_4_gib) {
  off_t far = (5LL << 30) + 123;
  char byte;
  int fd = OK(open("f", O_RDWR | O_CREAT, 0644));
  EQUAL(pwrite(fd, "x", 1, far), 1);
  EQUAL(status("f").st_size, far + 1);
  EQUAL(pread(fd, &byte, 1, far), 1);
  EQUAL(byte, 'x');
  EQUAL(pread(fd, &byte, 1, far - 1), 1);
  EQUAL(byte, 0);
}

CASE(sparse_files_take_no_room) {
  int fd = OK(open("f", O_RDWR | O_CREAT, 0644));
  OK(pwrite(fd, "x", 1, 64 << 20));
  OK(fsync(fd));
  IS(status("f").st_blocks < 2048);
}

CASE(holes_are_found) {
  int fd = OK(open("f", O_RDWR | O_CREAT, 0644));
  OK(pwrite(fd, "x", 1, 1 << 20));
  OK(fsync(fd));
  EQUAL(lseek(fd, 0, SEEK_DATA), 1 << 20);
  EQUAL(lseek(fd, 0, SEEK_HOLE), 0);
  FAILS(lseek(fd, 2 << 20, SEEK_DATA), ENXIO);
}

CASE(room_is_allocated_and_given_back) {
  int fd = OK(open("f", O_RDWR | O_CREAT, 0644));
  OK(fallocate(fd, 0, 0, 1 << 20));
  EQUAL(status("f").st_size, 1 << 20);
  IS(status("f").st_blocks >= 2048);
  OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 1 << 20, 1 << 20));
  EQUAL(status("f").st_size, 1 << 20);
  OK(pwrite(fd, "content", 7, 8192));
  OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8192, 4096));
  char byte = 'x';
  EQUAL(pread(fd, &byte, 1, 8192), 1);
  EQUAL(byte, 0);
}

/* ---- Memory maps ---- */

static char *map(const char *path, int flags, size_t length) {
  int fd = OK(open(path, O_RDWR));
  char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, flags, fd, 0);
  if (memory == MAP_FAILED) wrong(__LINE__, "mmap of %s: %s", path, strerror(errno));
  OK(close(fd));
  return memory;
}

CASE(a_shared_map_is_seen_by_other_processes) {
  make("f", "0123456789");
  char *memory = map("f", MAP_SHARED, 10);
  CHILD(other) {
    char *own = map("f", MAP_SHARED, 10);
    memcpy(own + 2, "XY", 2);
    _exit(0);
  }
  JOIN(other);
  IS(memcmp(memory, "01XY456789", 10) == 0);
}

CASE(a_shared_map_writes_the_file) {
  make("f", "0123456789");
  char *memory = map("f", MAP_SHARED, 10);
  memcpy(memory, "abc", 3);
  CONTAINS("f", "abc3456789");
  OK(msync(memory, 10, MS_SYNC));
  OK(munmap(memory, 10));
  CONTAINS("f", "abc3456789");
}

CASE(a_map_sees_what_is_written) {
  make("f", "0123456789");
  char *memory = map("f", MAP_SHARED, 10);
  EQUAL(memory[4], '4');
  int fd = OK(open("f", O_WRONLY));
  OK(pwrite(fd, "W", 1, 4));
  EQUAL(memory[4], 'W');
}

CASE(a_private_map_writes_nothing) {
  make("f", "0123456789");
  char *memory = map("f", MAP_PRIVATE, 10);
  memcpy(memory, "abc", 3);
  OK(munmap(memory, 10));
  CONTAINS("f", "0123456789");
}

CASE(a_map_beyond_the_end_is_a_bus_error) {
  make("f", "x");
  CHILD(reader) {
    volatile char *memory = map("f", MAP_SHARED, 8192);
    _exit(memory[5000] + 1);
  }
  int how;
  EQUAL(waitpid(reader, &how, 0), reader);
  IS(WIFSIGNALED(how) && WTERMSIG(how) == SIGBUS);
}

CASE(a_grown_file_is_mapped_whole) {
  make("f", "x");
  OK(truncate("f", 8192));
  char *memory = map("f", MAP_SHARED, 8192);
  memory[5000] = 'y';
  OK(msync(memory, 8192, MS_SYNC));
  int fd = OK(open("f", O_RDONLY));
  char byte;
  EQUAL(pread(fd, &byte, 1, 5000), 1);
  EQUAL(byte, 'y');
}

CASE(a_map_outlives_the_name) {
  make("f", "0123456789");
  char *memory = map("f", MAP_SHARED, 10);
  OK(unlink("f"));
  memory[1] = 'X';
  IS(memcmp(memory, "0X2", 3) == 0);
}

/* ---- Programs ---- */

CASE(programs_run_and_are_busy) {
  char buffer[1 << 16];
  int from = OK(open("/proc/self/exe", O_RDONLY)), to = OK(open("p", O_WRONLY | O_CREAT, 0755));
  for (ssize_t n; (n = OK(read(from, buffer, sizeof buffer))) > 0;) EQUAL(write(to, buffer, n), n);
  FAILS(execl("p", "p", "sleep", (char *)NULL), ETXTBSY);
  OK(close(to));
  int begun[2];
  char byte;
  OK(pipe(begun));
  CHILD(program) {
    OK(dup2(begun[1], STDOUT_FILENO));
    execl("p", "p", "sleep", (char *)NULL);
    _exit(1);
  }
  EQUAL(read(begun[0], &byte, 1), 1);
  FAILS(open("p", O_WRONLY), ETXTBSY);
  OK(kill(program, SIGKILL));
  int how;
  EQUAL(waitpid(program, &how, 0), program);
  OK(chmod("p", 0644));
  FAILS(execl("p", "p", (char *)NULL), EACCES);
}

/* ---- Names ---- */

CASE(rename_replaces_an_open_file) {
  make("old", "old");
  make("new", "new");
  int fd = OK(open("old", O_RDWR));
  OK(rename("new", "old"));
  CONTAINS("old", "new");
  FAILS(access("new", F_OK), ENOENT);
  char buffer[10];
  EQUAL(read(fd, buffer, 10), 3);
  IS(memcmp(buffer, "old", 3) == 0);
  OK(pwrite(fd, "OLD", 3, 0));
  CONTAINS("old", "new");
}

CASE(an_open_file_goes_with_its_new_name) {
  make("a", "content");
  int fd = OK(open("a", O_RDWR));
  OK(rename("a", "b"));
  OK(pwrite(fd, "CON", 3, 0));
  OK(fchmod(fd, 0600));
  OK(ftruncate(fd, 5));
  CONTAINS("b", "CONte");
  EQUAL(status("b").st_mode & 07777, 0600);
}

CASE(an_open_file_goes_with_its_directory) {
  OK(mkdir("d", 0755));
  OK(mkdir("d/e", 0755));
  make("d/e/f", "content");
  int fd = OK(open("d/e/f", O_RDWR));
  OK(chdir("d/e"));
  OK(rename("../../d", "../../moved"));
  OK(pwrite(fd, "CON", 3, 0));
  CONTAINS("f", "CONtent");
  CONTAINS("../../moved/e/f", "CONtent");
  make("g", "made after");
  CONTAINS("../../moved/e/g", "made after");
}

CASE(rename_can_refuse_to_replace) {
  make("a", "a");
  make("b", "b");
  FAILS(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE), EEXIST);
  CONTAINS("b", "b");
  OK(renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_NOREPLACE));
  CONTAINS("c", "a");
}

CASE(rename_can_exchange) {
  make("a", "a");
  OK(mkdir("d", 0755));
  OK(renameat2(AT_FDCWD, "a", AT_FDCWD, "d", RENAME_EXCHANGE));
  CONTAINS("d", "a");
  IS(S_ISDIR(status("a").st_mode));
}

CASE(rename_errors) {
  OK(mkdir("d", 0755));
  OK(mkdir("d/e", 0755));
  OK(mkdir("full", 0755));
  make("full/f", "");
  make("f", "");
  FAILS(rename("absent", "x"), ENOENT);
  FAILS(rename("f", "absent/x"), ENOENT);
  FAILS(rename("f", "f/x"), ENOTDIR);
  FAILS(rename("d", "f"), ENOTDIR);
  FAILS(rename("f", "d"), EISDIR);
  FAILS(rename("d", "d/e/x"), EINVAL);
  IS(rename("d", "full") == -1 && (errno == ENOTEMPTY || errno == EEXIST));
  OK(rename("d/e", "d/e"));
  OK(mkdir("empty", 0755));
  OK(rename("d", "empty"));
  IS(S_ISDIR(status("empty/e").st_mode));
}

CASE(renamed_links_of_one_file_both_stay) {
  make("a", "");
  OK(link("a", "b"));
  OK(rename("a", "b"));
  EQUAL(status("a").st_nlink, 2);
}

CASE(hard_links_are_one_file) {
  make("a", "content");
  OK(mkdir("d", 0755));
  OK(link("a", "d/b"));
  EQUAL(status("a").st_nlink, 2);
  EQUAL(status("a").st_ino, status("d/b").st_ino);
  make("d/b", "changed");
  CONTAINS("a", "changed");
  OK(chmod("a", 0600));
  EQUAL(status("d/b").st_mode & 0777, 0600);
  OK(unlink("a"));
  EQUAL(status("d/b").st_nlink, 1);
  CONTAINS("d/b", "changed");
}

CASE(link_errors) {
  make("a", "");
  make("b", "");
  OK(mkdir("d", 0755));
  FAILS(link("a", "b"), EEXIST);
  FAILS(link("absent", "c"), ENOENT);
  FAILS(link("a", "absent/c"), ENOENT);
  FAILS(link("a", "b/c"), ENOTDIR);
  FAILS(link("d", "e"), EPERM);
}

CASE(a_link_of_a_symlink_is_a_symlink) {
  OK(symlink("nowhere", "s"));
  OK(link("s", "t"));
  IS(S_ISLNK(status("t").st_mode));
  EQUAL(status("t").st_ino, status("s").st_ino);
}

CASE(an_open_file_without_name_gets_one) {
  make("a", "content");
  int fd = OK(open("a", O_RDWR));
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  OK(linkat(AT_FDCWD, path, AT_FDCWD, "b", AT_SYMLINK_FOLLOW));
  EQUAL(status("b").st_ino, status("a").st_ino);
}

CASE(temporary_files_have_no_name) {
  int fd = OK(open(".", O_TMPFILE | O_RDWR, 0600));
  OK(write(fd, "content", 7));
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  OK(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
  CONTAINS("named", "content");
}

CASE(an_unlinked_file_lives_while_it_is_open) {
  make("f", "content");
  int fd = OK(open("f", O_RDWR));
  OK(unlink("f"));
  FAILS(access("f", F_OK), ENOENT);
  OK(pwrite(fd, "more content", 12, 7));
  char buffer[30];
  EQUAL(pread(fd, buffer, 30, 0), 19);
  IS(memcmp(buffer, "contentmore", 11) == 0);
}

CASE(an_unlinked_file_has_a_status) {
  make("f", "content");
  int fd = OK(open("f", O_RDWR));
  OK(unlink("f"));
  struct stat s;
  OK(fstat(fd, &s));
  EQUAL(s.st_nlink, 0);
  EQUAL(s.st_size, 7);
}

CASE(an_unlinked_file_is_changed_by_its_descriptor) {
  make("f", "content");
  int fd = OK(open("f", O_RDWR));
  OK(unlink("f"));
  OK(ftruncate(fd, 3));
  OK(fchmod(fd, 0600));
  OK(fchown(fd, 5, 6));
  char buffer[30];
  EQUAL(pread(fd, buffer, 30, 0), 3);
}

CASE(a_removed_directory_takes_no_files) {
  OK(mkdir("d", 0755));
  OK(chdir("d"));
  OK(rmdir("../d"));
  FAILS(open("f", O_WRONLY | O_CREAT, 0644), ENOENT);
}

CASE(unlink_errors) {
  make("f", "");
  OK(mkdir("d", 0755));
  FAILS(unlink("absent"), ENOENT);
  FAILS(unlink("f/x"), ENOTDIR);
  FAILS(unlink("d"), EISDIR);
  OK(symlink("f", "s"));
  OK(unlink("s"));
  OK(access("f", F_OK));
}

CASE(names_of_255_bytes_of_any_value) {
  char name[257];
  for (int byte = 1; byte < 256; byte++) {
    if (byte == '/') continue;
    memset(name, byte, 255);
    name[255] = 0;
    OK(close(OK(open(name, O_WRONLY | O_CREAT | O_EXCL, 0644))));
  }
  memset(name, 'n', 256);
  name[256] = 0;
  FAILS(open(name, O_WRONLY | O_CREAT, 0644), ENAMETOOLONG);
  FAILS(mkdir(name, 0755), ENAMETOOLONG);
  char seen[256] = {0};
  DIR *directory = opendir(".");
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_type == DT_DIR) continue;
    unsigned char byte = entry->d_name[0];
    EQUAL(strlen(entry->d_name), 255);
    for (int i = 0; i < 255; i++) EQUAL((unsigned char)entry->d_name[i], byte);
    seen[byte]++;
    OK(unlink(entry->d_name));
  }
  closedir(directory);
  for (int byte = 1; byte < 256; byte++) EQUAL(seen[byte], byte != '/');
}

CASE(paths_may_be_deep) {
  enum { LEVELS = 40, LENGTH = 150 };
  char name[LENGTH + 1];
  memset(name, 'd', LENGTH);
  name[LENGTH] = 0;
  for (int level = 0; level < LEVELS; level++) {
    OK(mkdir(name, 0755));
    OK(chdir(name));
  }
  make("f", "at the bottom");
  CONTAINS("f", "at the bottom");
  OK(rename("f", "g"));
  for (int level = 0; level < LEVELS; level++) OK(chdir(".."));
  IS(S_ISDIR(status(name).st_mode));
}

CASE(a_path_has_its_limit) {
  char path[PATH_MAX + 1];
  memset(path, '/', PATH_MAX);
  path[0] = '.';
  path[PATH_MAX] = 0;
  FAILS(open(path, O_RDONLY), ENAMETOOLONG);
  path[PATH_MAX - 1] = 0;
  OK(open(path, O_RDONLY));
}

/* ---- Directories ---- */

static int entries(const char *path) {
  int count = 0;
  DIR *directory = opendir(path);
  if (directory == NULL) wrong(__LINE__, "opendir of %s: %s", path, strerror(errno));
  while (readdir(directory) != NULL) count++;
  closedir(directory);
  return count - 2;
}

CASE(a_directory_is_emptied_while_it_is_read) {
  enum { FILES = 1500 };
  char name[20];
  for (int i = 0; i < FILES; i++) {
    snprintf(name, sizeof name, "file-%d", i);
    OK(close(OK(open(name, O_WRONLY | O_CREAT | O_EXCL, 0644))));
  }
  EQUAL(entries("."), FILES);
  DIR *directory = opendir(".");
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
    if (entry->d_name[0] == 'f') OK(unlink(entry->d_name));
  closedir(directory);
  EQUAL(entries("."), 0);
}

CASE(a_directory_is_read_from_a_position_again) {
  char name[20], first[300];
  for (int i = 0; i < 50; i++) {
    snprintf(name, sizeof name, "file-%d", i);
    make(name, "");
  }
  DIR *directory = opendir(".");
  for (int i = 0; i < 20; i++) IS(readdir(directory) != NULL);
  long position = telldir(directory);
  strcpy(first, readdir(directory)->d_name);
  while (readdir(directory) != NULL) {}
  seekdir(directory, position);
  IS(strcmp(readdir(directory)->d_name, first) == 0);
  make("new", "");
  rewinddir(directory);
  int found = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) found += !strcmp(entry->d_name, "new");
  EQUAL(found, 1);
}

CASE(directories_tell_kinds_and_numbers) {
  make("f", "");
  OK(mkdir("d", 0755));
  OK(symlink("f", "s"));
  DIR *directory = opendir(".");
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    EQUAL(entry->d_type, IFTODT(status(entry->d_name).st_mode));
    EQUAL(entry->d_ino, status(entry->d_name).st_ino);
  }
}

CASE(directories_count_their_links) {
  OK(mkdir("d", 0755));
  EQUAL(status("d").st_nlink, 2);
  OK(mkdir("d/e", 0755));
  EQUAL(status("d").st_nlink, 3);
  OK(rmdir("d/e"));
  EQUAL(status("d").st_nlink, 2);
}

CASE(inode_numbers_are_unique_and_stay) {
  char name[20];
  ino_t numbers[100];
  for (int i = 0; i < 100; i++) {
    snprintf(name, sizeof name, "%d", i);
    make(name, "");
    numbers[i] = status(name).st_ino;
    for (int j = 0; j < i; j++) IS(numbers[j] != numbers[i]);
  }
  OK(rename("7", "renamed"));
  EQUAL(status("renamed").st_ino, numbers[7]);
}

CASE(mkdir_errors) {
  make("f", "");
  OK(mkdir("d", 0755));
  FAILS(mkdir("d", 0755), EEXIST);
  FAILS(mkdir("f", 0755), EEXIST);
  FAILS(mkdir("absent/d", 0755), ENOENT);
  FAILS(mkdir("f/d", 0755), ENOTDIR);
  OK(symlink("nowhere", "s"));
  FAILS(mkdir("s", 0755), EEXIST);
  umask(027);
  OK(mkdir("masked", 01777));
  EQUAL(status("masked").st_mode & 07777, 01750);
}

CASE(rmdir_errors) {
  make("f", "");
  OK(mkdir("d", 0755));
  make("d/f", "");
  IS(rmdir("d") == -1 && (errno == ENOTEMPTY || errno == EEXIST));
  FAILS(rmdir("absent"), ENOENT);
  FAILS(rmdir("f"), ENOTDIR);
  FAILS(rmdir("f/d"), ENOTDIR);
  FAILS(rmdir("d/."), EINVAL);
  OK(unlink("d/f"));
  OK(rmdir("d"));
  FAILS(access("d", F_OK), ENOENT);
}

CASE(parents_are_reached) {
  OK(mkdir("d", 0755));
  OK(mkdir("d/e", 0755));
  EQUAL(status("d/e/..").st_ino, status("d").st_ino);
  EQUAL(status("d/e/../..").st_ino, status(".").st_ino);
}

/* ---- Opening ---- */

CASE(open_errors) {
  make("f", "");
  OK(mkdir("d", 0755));
  OK(symlink("f", "s"));
  OK(symlink("loop", "loop"));
  OK(symlink("nowhere", "dangling"));
  FAILS(open("absent", O_RDONLY), ENOENT);
  FAILS(open("f", O_WRONLY | O_CREAT | O_EXCL, 0644), EEXIST);
  FAILS(open("dangling", O_WRONLY | O_CREAT | O_EXCL, 0644), EEXIST);
  FAILS(open("d", O_WRONLY), EISDIR);
  FAILS(open("d", O_RDONLY | O_CREAT, 0644), EISDIR);
  FAILS(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
  FAILS(open("f/x", O_RDONLY), ENOTDIR);
  FAILS(open("s", O_RDONLY | O_NOFOLLOW), ELOOP);
  FAILS(open("loop", O_RDONLY), ELOOP);
  int fd = OK(open("dangling", O_WRONLY | O_CREAT, 0644));
  OK(close(fd));
  OK(access("nowhere", F_OK));
}

CASE(open_truncates) {
  make("f", "long content");
  OK(close(OK(open("f", O_WRONLY | O_TRUNC))));
  EQUAL(status("f").st_size, 0);
}

CASE(a_descriptor_keeps_its_rights) {
  umask(0);
  CHILD(user) {
    FAILS(open("f", O_RDWR), ENOENT);
    _exit(0);
  }
  JOIN(user);
  OK(chmod(".", 0777));
  CHILD(owner) {
    become(SOMEBODY);
    int fd = OK(open("f", O_RDWR | O_CREAT | O_EXCL, 0));
    OK(write(fd, "content", 7));
    FAILS(open("f", O_RDONLY), EACCES);
    char buffer[7];
    EQUAL(pread(fd, buffer, 7, 0), 7);
    _exit(0);
  }
  JOIN(owner);
  EQUAL(status("f").st_mode & 07777, 0);
}

CASE(descriptors_without_rights_find_their_way) {
  OK(mkdir("d", 0755));
  make("d/f", "content");
  int directory = OK(open("d", O_PATH | O_DIRECTORY));
  OK(rename("d", "e"));
  int fd = OK(openat(directory, "f", O_RDONLY));
  char buffer[8];
  EQUAL(read(fd, buffer, 7), 7);
  int path = OK(open("e/f", O_PATH));
  FAILS(read(path, buffer, 1), EBADF);
  struct stat s;
  OK(fstat(path, &s));
  EQUAL(s.st_size, 7);
}

CASE(many_files_are_open_at_once) {
  enum { FILES = 2000 };
  struct rlimit limit = {FILES + 50, FILES + 50};
  OK(setrlimit(RLIMIT_NOFILE, &limit));
  int fds[FILES];
  char name[20];
  for (int i = 0; i < FILES; i++) {
    snprintf(name, sizeof name, "%d", i);
    fds[i] = OK(open(name, O_RDWR | O_CREAT, 0644));
    EQUAL(write(fds[i], name, strlen(name)), strlen(name));
  }
  for (int i = 0; i < FILES; i += 97) {
    char buffer[20] = {0};
    snprintf(name, sizeof name, "%d", i);
    OK(pread(fds[i], buffer, sizeof buffer - 1, 0));
    IS(strcmp(name, buffer) == 0);
  }
}

/* ---- Links, fifos, nodes ---- */

CASE(symlinks_keep_what_they_say) {
  char target[PATH_MAX], read_back[PATH_MAX];
  memset(target, 't', sizeof target);
  target[PATH_MAX - 1] = 0;
  OK(symlink(target, "longest"));
  EQUAL(readlink("longest", read_back, sizeof read_back), PATH_MAX - 1);
  IS(memcmp(target, read_back, PATH_MAX - 1) == 0);
  OK(symlink("../\xff\x01 odd", "odd"));
  EQUAL(readlink("odd", read_back, sizeof read_back), 9);
  EQUAL(status("odd").st_size, 9);
  IS(S_ISLNK(status("odd").st_mode));
}

CASE(symlink_errors) {
  make("f", "");
  FAILS(symlink("x", "f"), EEXIST);
  FAILS(symlink("", "empty"), ENOENT);
  FAILS(symlink("x", "absent/s"), ENOENT);
  FAILS(symlink("x", "f/s"), ENOTDIR);
  char buffer[10];
  FAILS(readlink("f", buffer, 10), EINVAL);
  FAILS(readlink("absent", buffer, 10), ENOENT);
}

CASE(fifos_pass_bytes) {
  OK(mkfifo("p", 0640));
  IS(S_ISFIFO(status("p").st_mode));
  FAILS(open("p", O_WRONLY | O_NONBLOCK), ENXIO);
  CHILD(writer) {
    int fd = OK(open("p", O_WRONLY));
    OK(write(fd, "through", 7));
    _exit(0);
  }
  CONTAINS("p", "through");
  JOIN(writer);
}

CASE(mkfifo_errors) {
  make("f", "");
  FAILS(mkfifo("f", 0644), EEXIST);
  FAILS(mkfifo("absent/p", 0644), ENOENT);
  FAILS(mkfifo("f/p", 0644), ENOTDIR);
}

CASE(device_nodes_are_made) {
  umask(0);
  OK(mknod("null", S_IFCHR | 0666, makedev(1, 3)));
  struct stat s = status("null");
  IS(S_ISCHR(s.st_mode));
  EQUAL(s.st_rdev, makedev(1, 3));
  OK(mknod("block", S_IFBLK | 0600, makedev(259, 70000)));
  EQUAL(status("block").st_rdev, makedev(259, 70000));
}

CASE(nodes_need_a_right) {
  OK(chmod(".", 0777));
  CHILD(user) {
    become(SOMEBODY);
    FAILS(mknod("null", S_IFCHR | 0666, makedev(1, 3)), EPERM);
    _exit(0);
  }
  JOIN(user);
}

CASE(mknod_makes_plain_files) {
  OK(mknod("f", S_IFREG | 0640, 0));
  FAILS(mknod("f", S_IFREG | 0640, 0), EEXIST);
  IS(S_ISREG(status("f").st_mode));
}

CASE(sockets_have_names) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "s"};
  int server = OK(socket(AF_UNIX, SOCK_STREAM, 0)), client = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  OK(bind(server, (struct sockaddr *)&address, sizeof address));
  OK(listen(server, 1));
  IS(S_ISSOCK(status("s").st_mode));
  OK(connect(client, (struct sockaddr *)&address, sizeof address));
  OK(write(client, "x", 1));
  char byte;
  EQUAL(read(OK(accept(server, NULL, NULL)), &byte, 1), 1);
  OK(unlink("s"));
  FAILS(connect(OK(socket(AF_UNIX, SOCK_STREAM, 0)), (struct sockaddr *)&address, sizeof address), ENOENT);
}

/* ---- Owners, modes, rights ---- */

CASE(owners_and_modes_are_kept) {
  make("f", "");
  OK(symlink("f", "s"));
  OK(chown("f", 12345, 54321));
  OK(lchown("s", 77, 88));
  EQUAL(status("f").st_uid, 12345);
  EQUAL(status("f").st_gid, 54321);
  EQUAL(status("s").st_uid, 77);
  EQUAL(status("s").st_gid, 88);
  OK(chown("f", -1, 3));
  EQUAL(status("f").st_uid, 12345);
  for (int mode = 0; mode <= 07777; mode += 0421) {
    OK(chmod("f", mode));
    EQUAL(status("f").st_mode & 07777, mode);
  }
}

CASE(new_files_belong_to_their_maker) {
  OK(chmod(".", 0777));
  CHILD(user) {
    OK(setgid(2000));
    OK(setuid(SOMEBODY));
    umask(022);
    OK(close(OK(open("f", O_WRONLY | O_CREAT, 0666))));
    OK(mkdir("d", 0777));
    OK(symlink("f", "s"));
    _exit(0);
  }
  JOIN(user);
  const char *names[] = {"f", "d", "s"};
  for (int i = 0; i < 3; i++) {
    EQUAL(status(names[i]).st_uid, SOMEBODY);
    EQUAL(status(names[i]).st_gid, 2000);
  }
  EQUAL(status("f").st_mode & 07777, 0644);
  EQUAL(status("d").st_mode & 07777, 0755);
}

CASE(a_group_is_inherited) {
  OK(mkdir("d", 0755));
  OK(chown("d", 0, 4321));
  OK(chmod("d", 02775));
  make("d/f", "");
  OK(mkdir("d/e", 0755));
  EQUAL(status("d/f").st_gid, 4321);
  EQUAL(status("d/e").st_gid, 4321);
  EQUAL(status("d/e").st_mode & 02000, 02000);
}

CASE(rights_are_checked) {
  make("secret", "");
  OK(chmod("secret", 0600));
  OK(mkdir("closed", 0700));
  make("closed/f", "");
  make("program", "");
  OK(chown("program", SOMEBODY, SOMEBODY));
  CHILD(user) {
    become(SOMEBODY);
    FAILS(open("secret", O_RDONLY), EACCES);
    FAILS(open("closed/f", O_RDONLY), EACCES);
    FAILS(open("new", O_WRONLY | O_CREAT, 0644), EACCES);
    FAILS(mkdir("new", 0755), EACCES);
    FAILS(unlink("secret"), EACCES);
    FAILS(rename("secret", "mine"), EACCES);
    FAILS(link("program", "mine"), EACCES);
    FAILS(symlink("x", "mine"), EACCES);
    FAILS(mkfifo("mine", 0644), EACCES);
    FAILS(truncate("secret", 0), EACCES);
    FAILS(chmod("secret", 0666), EPERM);
    FAILS(chown("secret", SOMEBODY, -1), EPERM);
    FAILS(access("program", X_OK), EACCES);
    FAILS(utimensat(AT_FDCWD, "secret", NULL, 0), EACCES);
    FAILS(opendir("closed") == NULL ? -1 : 0, EACCES);
    _exit(0);
  }
  JOIN(user);
}

CASE(groups_open_files) {
  make("f", "content");
  OK(chown("f", 0, 3000));
  OK(chmod("f", 0640));
  CHILD(member) {
    gid_t groups[] = {3000};
    OK(setgroups(1, groups));
    become(SOMEBODY);
    CONTAINS("f", "content");
    FAILS(open("f", O_WRONLY), EACCES);
    _exit(0);
  }
  JOIN(member);
}

CASE(a_sticky_directory_protects_files) {
  OK(chmod(".", 01777));
  make("f", "");
  OK(chmod("f", 0666));
  CHILD(user) {
    become(SOMEBODY);
    FAILS(unlink("f"), EPERM);
    FAILS(rename("f", "g"), EPERM);
    OK(close(OK(open("mine", O_WRONLY | O_CREAT, 0644))));
    OK(unlink("mine"));
    _exit(0);
  }
  JOIN(user);
}

CASE(writing_takes_set_user_id_away) {
  make("f", "");
  OK(chmod("f", 06777));
  CHILD(user) {
    become(SOMEBODY);
    int fd = OK(open("f", O_WRONLY));
    OK(write(fd, "x", 1));
    _exit(0);
  }
  JOIN(user);
  EQUAL(status("f").st_mode & 07777, 0777);
}

CASE(a_change_of_owner_takes_set_user_id_away) {
  make("f", "");
  OK(chmod("f", 06755));
  OK(chown("f", SOMEBODY, SOMEBODY));
  EQUAL(status("f").st_mode & 07777, 0755);
}

CASE(only_an_owner_changes_modes) {
  make("f", "");
  OK(chown("f", SOMEBODY, SOMEBODY));
  CHILD(owner) {
    become(SOMEBODY);
    OK(chmod("f", 0600));
    OK(chown("f", -1, SOMEBODY));
    FAILS(chown("f", 0, -1), EPERM);
    _exit(0);
  }
  JOIN(owner);
  CHILD(other) {
    become(SOMEBODY + 1);
    FAILS(chmod("f", 0666), EPERM);
    _exit(0);
  }
  JOIN(other);
}

CASE(chmod_errors) {
  make("f", "");
  OK(symlink("absent", "dangling"));
  FAILS(chmod("absent", 0644), ENOENT);
  FAILS(chmod("f/x", 0644), ENOTDIR);
  FAILS(chmod("dangling", 0644), ENOENT);
  FAILS(chown("absent", 0, 0), ENOENT);
  FAILS(chown("f/x", 0, 0), ENOTDIR);
  OK(lchown("dangling", 1, 1));
}

/* ---- Extended attributes ---- */

CASE(attributes_are_kept) {
  make("f", "");
  char value[2000], read_back[2000];
  memset(value, 'v', sizeof value);
  OK(setxattr("f", "user.one", value, sizeof value, 0));
  OK(setxattr("f", "user.two", "", 0, 0));
  EQUAL(getxattr("f", "user.one", read_back, sizeof read_back), sizeof value);
  IS(memcmp(value, read_back, sizeof value) == 0);
  EQUAL(getxattr("f", "user.two", read_back, sizeof read_back), 0);
  EQUAL(getxattr("f", "user.one", NULL, 0), sizeof value);
  FAILS(getxattr("f", "user.one", read_back, 5), ERANGE);
  char names[200];
  EQUAL(listxattr("f", names, sizeof names), 18);
  OK(removexattr("f", "user.one"));
  FAILS(getxattr("f", "user.one", read_back, 5), ENODATA);
  EQUAL(listxattr("f", names, sizeof names), 9);
}

CASE(attributes_have_conditions) {
  make("f", "");
  FAILS(setxattr("f", "user.a", "1", 1, XATTR_REPLACE), ENODATA);
  OK(setxattr("f", "user.a", "1", 1, XATTR_CREATE));
  FAILS(setxattr("f", "user.a", "2", 1, XATTR_CREATE), EEXIST);
  OK(setxattr("f", "user.a", "2", 1, XATTR_REPLACE));
}

CASE(attributes_go_by_descriptors_and_directories) {
  OK(mkdir("d", 0755));
  OK(setxattr("d", "user.a", "1", 1, 0));
  int fd = OK(open("f", O_RDWR | O_CREAT, 0644));
  OK(fsetxattr(fd, "user.a", "fd", 2, 0));
  char value[8];
  EQUAL(getxattr("f", "user.a", value, 8), 2);
  OK(symlink("f", "s"));
  FAILS(lsetxattr("s", "user.a", "1", 1, 0), EPERM);
}

CASE(programs_have_capabilities) {
  make("f", "");
  unsigned char capability[20] = {0, 0, 0, 2, 0, 4};
  OK(setxattr("f", "security.capability", capability, sizeof capability, 0));
  unsigned char read_back[24];
  EQUAL(getxattr("f", "security.capability", read_back, sizeof read_back), sizeof capability);
  IS(memcmp(capability, read_back, sizeof capability) == 0);
}

CASE(access_lists_are_kept) {
  struct { unsigned version; struct { unsigned short tag, rights; unsigned id; } entry[5]; } list = {
      2, {{1, 6, -1}, {2, 4, SOMEBODY}, {4, 0, -1}, {16, 4, -1}, {32, 0, -1}}};
  make("f", "content");
  OK(setxattr("f", "system.posix_acl_access", &list, sizeof list, 0));
  CHILD(user) {
    become(SOMEBODY);
    CONTAINS("f", "content");
    FAILS(open("f", O_WRONLY), EACCES);
    _exit(0);
  }
  JOIN(user);
  CHILD(other) {
    become(SOMEBODY + 1);
    FAILS(open("f", O_RDONLY), EACCES);
    _exit(0);
  }
  JOIN(other);
}

/* ---- Size and time ---- */

CASE(truncate_cuts_and_extends) {
  make("f", "0123456789");
  OK(truncate("f", 4));
  CONTAINS("f", "0123");
  OK(truncate("f", 8));
  char buffer[10];
  int fd = OK(open("f", O_RDWR));
  EQUAL(read(fd, buffer, 10), 8);
  IS(memcmp(buffer, "0123\0\0\0\0", 8) == 0);
  OK(ftruncate(fd, 0));
  EQUAL(status("f").st_size, 0);
}

CASE(truncate_errors) {
  make("f", "");
  OK(mkdir("d", 0755));
  FAILS(truncate("absent", 0), ENOENT);
  FAILS(truncate("d", 0), EISDIR);
  FAILS(truncate("f", -1), EINVAL);
  FAILS(truncate("f/x", 0), ENOTDIR);
  FAILS(ftruncate(OK(open("f", O_RDONLY)), 0), EINVAL);
}

CASE(files_have_a_size_limit) {
  struct rlimit limit = {4096, 4096};
  signal(SIGXFSZ, SIG_IGN);
  OK(setrlimit(RLIMIT_FSIZE, &limit));
  int fd = OK(open("f", O_WRONLY | O_CREAT, 0644));
  FAILS(pwrite(fd, "x", 1, 4096), EFBIG);
  FAILS(ftruncate(fd, 5000), EFBIG);
  OK(pwrite(fd, "x", 1, 4095));
}

CASE(times_are_set_to_the_nanosecond) {
  make("f", "");
  struct timespec times[] = {{1000000001, 123456789}, {1500000000, 987654321}};
  OK(utimensat(AT_FDCWD, "f", times, 0));
  EQUAL(status("f").st_atim.tv_sec, 1000000001);
  EQUAL(status("f").st_atim.tv_nsec, 123456789);
  EQUAL(status("f").st_mtim.tv_sec, 1500000000);
  EQUAL(status("f").st_mtim.tv_nsec, 987654321);
  struct timespec some[] = {{0, UTIME_OMIT}, {-5, 0}};
  OK(utimensat(AT_FDCWD, "f", some, 0));
  EQUAL(status("f").st_atim.tv_sec, 1000000001);
  EQUAL(status("f").st_mtim.tv_sec, -5);
  OK(symlink("f", "s"));
  OK(utimensat(AT_FDCWD, "s", times, AT_SYMLINK_NOFOLLOW));
  EQUAL(status("s").st_mtim.tv_sec, 1500000000);
  EQUAL(status("f").st_mtim.tv_sec, -5);
}

CASE(changes_are_dated) {
  make("f", "");
  OK(mkdir("d", 0755));
  struct stat file = status("f"), directory = status("d");
  let_clock_tick();
  OK(chmod("f", 0600));
  IS(later(status("f").st_ctim, file.st_ctim));
  IS(!later(status("f").st_mtim, file.st_mtim));
  int fd = OK(open("f", O_WRONLY));
  OK(write(fd, "x", 1));
  OK(close(fd));
  IS(later(status("f").st_mtim, file.st_mtim));
  make("d/new", "");
  IS(later(status("d").st_mtim, directory.st_mtim));
  directory = status("d");
  let_clock_tick();
  OK(unlink("d/new"));
  IS(later(status("d").st_mtim, directory.st_mtim));
}

CASE(the_file_system_tells_of_itself) {
  struct statvfs s;
  OK(statvfs(".", &s));
  EQUAL(s.f_namemax, 255);
  IS(s.f_blocks > 0 && s.f_bavail <= s.f_blocks && s.f_frsize > 0);
}

/* ---- Being told ---- */

CASE(changes_are_told_by_inotify) {
  char buffer[4096];
  int watch = OK(inotify_init1(IN_NONBLOCK));
  OK(inotify_add_watch(watch, ".", IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE));
  make("f", "content");
  OK(rename("f", "g"));
  OK(unlink("g"));
  int length = OK(read(watch, buffer, sizeof buffer));
  unsigned seen = 0;
  for (int at = 0; at < length;) {
    struct inotify_event *event = (struct inotify_event *)(buffer + at);
    seen |= event->mask;
    at += sizeof *event + event->len;
  }
  EQUAL(seen, IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE);
}

/* ---- Running them ---- */

static void remove_all(int parent, const char *name) {
  if (unlinkat(parent, name, 0) == 0) return;
  int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  DIR *directory = fd < 0 ? NULL : fdopendir(fd);
  if (directory == NULL) return;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) remove_all(fd, entry->d_name);
  closedir(directory);
  unlinkat(parent, name, AT_REMOVEDIR);
}

static void run(const struct test *test) {
  int output[2], how;
  char said[1024];
  OK(mkdir(test->name, 0755));
  OK(pipe(output));
  pid_t pid = OK(fork());
  if (pid == 0) {
    OK(setpgid(0, 0));
    OK(dup2(output[1], STDOUT_FILENO));
    OK(chdir(test->name));
    umask(022);
    alarm(CASE_SECONDS);
    test->run();
    _exit(0);
  }
  close(output[1]);
  ssize_t length = read(output[0], said, sizeof said - 1);
  said[length > 0 ? length : 0] = 0;
  said[strcspn(said, "\n")] = 0;
  waitpid(pid, &how, 0);
  kill(-pid, SIGKILL);
  close(output[0]);
  if (how == 0) printf("%s ok\n", test->name);
  else if (WIFSIGNALED(how)) printf("%s ended by signal %d\n", test->name, WTERMSIG(how));
  else printf("%s %s\n", test->name, said);
  fflush(stdout);
  remove_all(AT_FDCWD, test->name);
}

/* The names "0" to "N-1", each once; a part of them is looked at too, and some are added. */
static int list(const char *path, int expected) {
  char *seen = calloc(expected, 1);
  int fd = OK(open(path, O_RDONLY | O_DIRECTORY)), count = 0;
  DIR *directory = fdopendir(fd);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    int number = atoi(entry->d_name);
    if (number < 0 || number >= expected || seen[number]++) wrong(__LINE__, "%s is listed wrongly", entry->d_name);
    count++;
  }
  EQUAL(count, expected);
  for (int number = 0; number < expected; number += 10) {
    char name[20];
    struct stat s;
    snprintf(name, sizeof name, "%d", number);
    OK(fstatat(fd, name, &s, 0));
    EQUAL(s.st_size, 0);
  }
  OK(close(OK(openat(fd, "added", O_WRONLY | O_CREAT | O_EXCL, 0644))));
  OK(unlinkat(fd, "0", 0));
  printf("listed %d\n", count);
  return 0;
}

static void watch(const char *path) {
  char buffer[4096];
  int fd = OK(inotify_init());
  OK(inotify_add_watch(fd, path, IN_MOVED_TO | IN_DELETE_SELF | IN_MODIFY | IN_CREATE));
  OK(dprintf(STDOUT_FILENO, "ready\n"));
  for (;;) {
    int length = OK(read(fd, buffer, sizeof buffer));
    for (int at = 0; at < length;) {
      struct inotify_event *event = (struct inotify_event *)(buffer + at);
      const char *kind = event->mask & IN_MOVED_TO      ? "moved"
                         : event->mask & IN_DELETE_SELF ? "deleted"
                         : event->mask & IN_CREATE      ? "created"
                                                        : "other";
      OK(dprintf(STDOUT_FILENO, "%s %s\n", kind, event->len ? event->name : ""));
      at += sizeof *event + event->len;
    }
  }
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "sleep") == 0) {
    OK(write(STDOUT_FILENO, "s", 1));
    pause();
  }
  if (argc == 4 && strcmp(argv[1], "list") == 0) return list(argv[2], atoi(argv[3]));
  if (argc == 3 && strcmp(argv[1], "watch") == 0) watch(argv[2]);
  if (argc != 2) {
    fprintf(stderr, "usage: file-semantics DIRECTORY | list DIRECTORY N | watch PATH\n");
    return 2;
  }
  OK(chdir(argv[1]));
  for (int i = 0; i < test_count; i++) run(&tests[i]);
  return 0;
}

/* The least that a guest can do and still answer: an /init that loads the modules that Bulkhead's
   agent loads before it answers, opens the same port, and sends back each byte it gets. */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char index_text[65536];
static char loaded[64][64];
static int loaded_count;

static void load(const char *name) {
  for (int i = 0; i < loaded_count; i++) {
    if (!strcmp(loaded[i], name)) return;
  }
  strcpy(loaded[loaded_count++], name);
  char copy[sizeof index_text];
  strcpy(copy, index_text);
  char *lines;
  for (char *line = strtok_r(copy, "\n", &lines); line; line = strtok_r(0, "\n", &lines)) {
    char *words, *module = strtok_r(line, " ", &words), *file = strtok_r(0, " ", &words), *needed;
    if (!module || !file || strcmp(module, name)) continue;
    while ((needed = strtok_r(0, " ", &words))) load(needed);
    char path[256];
    snprintf(path, sizeof path, "/lib/modules/%s", file);
    int fd = open(path, O_RDONLY);
    if (fd >= 0) {
      syscall(SYS_finit_module, fd, "", 0);
      close(fd);
    }
    return;
  }
}

static int find_port(void) {
  DIR *ports = opendir("/sys/class/virtio-ports");
  if (!ports) return -1;
  int found = -1;
  for (struct dirent *port; found < 0 && (port = readdir(ports));) {
    char path[320], name[64] = "";
    snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", port->d_name);
    int fd = open(path, O_RDONLY);
    if (fd < 0) continue;
    if (read(fd, name, sizeof name - 1) > 0 && !strncmp(name, "agent.channel.0", 15)) {
      snprintf(path, sizeof path, "/dev/%s", port->d_name);
      found = open(path, O_RDWR);
    }
    close(fd);
  }
  closedir(ports);
  return found;
}

int main(void) {
  mkdir("/proc", 0755);
  mkdir("/sys", 0755);
  mkdir("/dev", 0755);
  mount("proc", "/proc", "proc", 0, "");
  mount("sysfs", "/sys", "sysfs", 0, "");
  mount("devtmpfs", "/dev", "devtmpfs", 0, "");
  int fd = open("/lib/modules/index", O_RDONLY);
  if (fd >= 0 && read(fd, index_text, sizeof index_text - 1) < 0) return 1;
  load("virtio_pci");
  load("virtio_mmio");
  load("virtio_console");
  int port;
  while ((port = find_port()) < 0) usleep(500);
  char byte;
  for (;;) {
    if (read(port, &byte, 1) == 1) {
      if (write(port, &byte, 1) != 1) return 1;
    } else {
      usleep(500);
    }
  }
}

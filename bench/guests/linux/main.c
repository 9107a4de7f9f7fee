// The kernels as a Linux program: `bench NAME[,NAME...] FACTOR`. Prints for each kernel
//   @@BEGIN name
//   @@END name instructions checksum
// Instructions are 0 where the kernel's counter cannot be had. Also compiled for the host, where it gives native speed.
#define _GNU_SOURCE
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "list.h"

static const struct kernel linux_kernels[] = {
  {"syscalls", kernel_syscalls},
  {"pingpong", kernel_pingpong},
  {"forkexec", kernel_forkexec},
  {"faults", kernel_faults},
};

static const struct kernel *find_in(const struct kernel *kernels, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(kernels[i].name, name) == 0) return &kernels[i];
  }
  return NULL;
}

static const struct kernel *find(const char *name) {
  const struct kernel *found = find_in(cpu_kernels, COUNT(cpu_kernels), name);
  return found ? found : find_in(linux_kernels, COUNT(linux_kernels), name);
}

// Counts instructions of every mode on hart 0; -1 where that cannot be had.
static int open_counter(void) {
  struct perf_event_attr attr = {
    .type = PERF_TYPE_HARDWARE, .size = sizeof attr, .config = PERF_COUNT_HW_INSTRUCTIONS};
  return (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0);
}

static uint64_t count(int counter) {
  uint64_t value = 0;
  return counter >= 0 && read(counter, &value, sizeof value) == sizeof value ? value : 0;
}

static void run(const struct kernel *kernel, unsigned factor, int counter) {
  printf("@@BEGIN %s\n", kernel->name);
  fflush(stdout);
  tcdrain(STDOUT_FILENO);
  uint64_t before = count(counter);
  uint64_t sum = kernel->run(factor);
  printf("@@END %s %lu %016lx\n", kernel->name, (unsigned long)(count(counter) - before), (unsigned long)sum);
  fflush(stdout);
  tcdrain(STDOUT_FILENO);
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "nothing") == 0) return 0;  // the other half of forkexec
  unsigned factor = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
  if (factor == 0) {
    fprintf(stderr, "usage: bench NAME[,NAME...] FACTOR\n");
    return 2;
  }
  int counter = open_counter();
  for (char *name = strtok(argv[1], ","); name; name = strtok(NULL, ",")) {
    const struct kernel *kernel = find(name);
    if (kernel == NULL) {
      fprintf(stderr, "bench: no kernel named %s\n", name);
      return 2;
    }
    run(kernel, factor, counter);
  }
  return 0;
}

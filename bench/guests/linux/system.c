// What programs ask of a Linux kernel: system calls, two processes that wait for each other, processes made and ended,
// pages touched for the first time.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { CALLS_PER_UNIT = 17000, TURNS_PER_UNIT = 1500, PROCESSES_PER_UNIT = 8, MAPS_PER_UNIT = 3 };
enum { MAP_BYTES = 8 << 20, PAGE = 4096 };

static void must(int good, const char *what) {
  if (good) return;
  perror(what);
  exit(1);
}

uint64_t kernel_syscalls(unsigned factor) {
  uint64_t calls = (uint64_t)factor * CALLS_PER_UNIT, same = 0;
  long parent = getppid();
  for (uint64_t i = 0; i < calls; i++) same += syscall(SYS_getppid) == parent;
  return mix(0, same);
}

// A byte goes to a child and back, one more each time.
uint64_t kernel_pingpong(unsigned factor) {
  int there[2], back[2], status;
  unsigned char ball = 0;
  must(pipe(there) == 0 && pipe(back) == 0, "pipe");
  pid_t child = fork();
  must(child >= 0, "fork");
  if (child == 0) {
    close(there[1]);
    for (unsigned char hit; read(there[0], &hit, 1) == 1;) {
      hit++;
      if (write(back[1], &hit, 1) != 1) break;
    }
    _exit(0);
  }
  for (uint64_t turns = (uint64_t)factor * TURNS_PER_UNIT; turns > 0; turns--) {
    must(write(there[1], &ball, 1) == 1 && read(back[0], &ball, 1) == 1, "pipe");
  }
  close(there[1]);
  waitpid(child, &status, 0);
  close(there[0]), close(back[0]), close(back[1]);
  return mix(0, ball);
}

uint64_t kernel_forkexec(unsigned factor) {
  uint64_t good = 0;
  for (unsigned n = factor * PROCESSES_PER_UNIT; n > 0; n--) {
    int status;
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
      execl("/proc/self/exe", "bench", "nothing", (char *)NULL);
      _exit(1);
    }
    waitpid(child, &status, 0);
    good += status == 0;
  }
  return mix(0, good);
}

uint64_t kernel_faults(unsigned factor) {
  uint64_t sum = 0;
  for (unsigned n = factor * MAPS_PER_UNIT; n > 0; n--) {
    unsigned char *map = mmap(NULL, MAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(map != MAP_FAILED, "mmap");
    for (size_t at = 0; at < MAP_BYTES; at += PAGE) map[at] = (unsigned char)n;
    for (size_t at = 0; at < MAP_BYTES; at += PAGE) sum += map[at];
    munmap(map, MAP_BYTES);
  }
  return mix(0, sum);
}

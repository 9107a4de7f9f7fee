// What a kernel is, and what each of the three places it runs in (bare, Linux guest, host) must offer.
// A kernel does about 16 million RV64GC instructions for each unit of `factor`, always the same work for the same
// factor, and returns a checksum of its results that is the same on every machine. No C library is used by kernels.
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

struct kernel {
  const char *name;
  uint64_t (*run)(unsigned factor);
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

// Pure computation: runs anywhere.
uint64_t kernel_intmix(unsigned factor);
uint64_t kernel_sha256(unsigned factor);
uint64_t kernel_sieve(unsigned factor);
uint64_t kernel_quicksort(unsigned factor);
uint64_t kernel_chase(unsigned factor);
uint64_t kernel_lz(unsigned factor);
uint64_t kernel_bytecode(unsigned factor);
uint64_t kernel_nbody(unsigned factor);
uint64_t kernel_matmul(unsigned factor);

// Work for the guest's Linux: nothing of it makes sense bare.
uint64_t kernel_syscalls(unsigned factor);
uint64_t kernel_pingpong(unsigned factor);
uint64_t kernel_forkexec(unsigned factor);
uint64_t kernel_faults(unsigned factor);

// Mixes `word` into a running checksum.
static inline uint64_t mix(uint64_t sum, uint64_t word) {
  sum = (sum ^ word) * 0x9fb21c651e98df25UL;
  return sum ^ sum >> 29;
}

// xorshift64*: the kernels' own source of numbers. `*state` is never 0.
static inline uint64_t random_next(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * 0x2545f4914f6cdd1dUL;
}

#endif

// Sieve of Eratosthenes over 16 MiB of bytes, one for each odd number: strided byte stores through memory much larger
// than a TLB reaches. Stops after a fixed number of stores, starting again when the sieve is complete.
#include "bench.h"

enum { SIZE = 16 << 20, STORES_PER_UNIT = 3000000 };

static uint8_t composite[SIZE];  // composite[i] says it of 2 i + 1

static uint64_t clear(void) {
  uint64_t *words = (uint64_t *)composite, primes = 0;
  for (size_t i = 0; i < SIZE / sizeof *words; i++) {
    primes += words[i] & 1;
    words[i] = 0;
  }
  return primes;
}

uint64_t kernel_sieve(unsigned factor) {
  int64_t stores = (int64_t)factor * STORES_PER_UNIT;
  uint64_t sum = 0;
  clear();
  for (size_t i = 1; stores > 0; i++) {
    size_t prime = 2 * i + 1, first = (prime * prime - 1) / 2;
    if (first >= SIZE) {
      sum = mix(sum, clear());
      i = 0;
    } else if (!composite[i]) {
      for (size_t at = first; at < SIZE; at += prime) composite[at] = 1;
      stores -= (int64_t)((SIZE - first) / prime);
    }
  }
  return mix(sum, clear());
}

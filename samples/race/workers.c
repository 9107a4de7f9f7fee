// The two threads of `race`, and the defect: each reads `counter`, works out the next value and writes it back, and may
// be preempted in between. What the other thread added meanwhile is then lost.
#include "race.h"

volatile unsigned long counter;
volatile unsigned long units_done;
unsigned long result_a, result_b;

// Some two thousand instructions whose number depends on the data, so that the units do not keep step with the clock.
static __attribute__((noinline)) unsigned long unit_of_work(unsigned long seed) {
  unsigned long x = seed;
  for (unsigned long round = 200 + (seed & 63); round > 0; round--) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}

static __attribute__((noinline)) unsigned long next_value(unsigned long value) { return value + 1; }

static __attribute__((noinline)) void count_one(void) {
  unsigned long seen = counter;
  counter = next_value(seen);
}

unsigned long do_units(unsigned long units, unsigned long seed) {
  for (; units > 0; units--) {
    seed = unit_of_work(seed);
    count_one();
    __atomic_fetch_add(&units_done, 1, __ATOMIC_RELAXED);
  }
  return seed;
}

void worker_a(void) { result_a = do_units(UNITS_PER_THREAD, 0x2545f4914f6cdd1dUL); }

void worker_b(void) { result_b = do_units(UNITS_PER_THREAD, 0x9e6c63d0876a9a47UL); }

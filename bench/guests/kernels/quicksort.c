// Recursive quicksort of 64-bit numbers, with insertion sort for short ranges: calls, returns and branches that cannot
// be foretold.
#include "bench.h"

enum { SIZE = 1 << 17, SHORT = 12 };

static uint64_t numbers[SIZE];

static void insertion(uint64_t *from, uint64_t *to) {
  for (uint64_t *at = from + 1; at < to; at++) {
    uint64_t value = *at, *hole = at;
    for (; hole > from && hole[-1] > value; hole--) *hole = hole[-1];
    *hole = value;
  }
}

static uint64_t middle(uint64_t a, uint64_t b, uint64_t c) {
  if (a > b) return b > c ? b : (a > c ? c : a);
  return a > c ? a : (b > c ? c : b);
}

static __attribute__((noinline)) void sort(uint64_t *from, uint64_t *to) {
  if (to - from <= SHORT) {
    insertion(from, to);
    return;
  }
  uint64_t pivot = middle(from[0], from[(to - from) / 2], to[-1]), *low = from, *high = to - 1;
  while (low <= high) {
    while (*low < pivot) low++;
    while (*high > pivot) high--;
    if (low > high) break;
    uint64_t swap = *low;
    *low++ = *high;
    *high-- = swap;
  }
  sort(from, high + 1);
  sort(low, to);
}

uint64_t kernel_quicksort(unsigned factor) {
  uint64_t seed = 88172645463325252UL, sum = 0;
  for (; factor > 0; factor--) {
    for (size_t i = 0; i < SIZE; i++) numbers[i] = random_next(&seed);
    sort(numbers, numbers + SIZE);
    for (size_t i = 1; i < SIZE; i++) {
      if (numbers[i - 1] > numbers[i]) return 0;
    }
    sum = mix(sum, numbers[SIZE / 2]);
  }
  return sum;
}

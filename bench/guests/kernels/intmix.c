// Integer mix: multiplication, division, shifts, comparisons and branches on registers alone.
#include "bench.h"

enum { ROUNDS_PER_UNIT = 640000 };

uint64_t kernel_intmix(unsigned factor) {
  uint64_t a = 0x0123456789abcdefUL, b = 0xfedcba9876543210UL, sum = 0;
  for (uint64_t i = (uint64_t)factor * ROUNDS_PER_UNIT; i > 0; i--) {
    a = a * 6364136223846793005UL + 1442695040888963407UL;
    b ^= a >> 17;
    b = b << 23 | b >> 41;
    uint32_t low = (uint32_t)a + (uint32_t)(b >> 32);
    if ((b & 7) == 0) sum += a / (b | 1);
    else if (low & 0x100) sum ^= (uint64_t)low * 2654435761UL;
    else sum -= (int64_t)(int32_t)low >> (a >> 60);
    sum += a < b ? i : ~i;
  }
  return mix(mix(sum, a), b);
}

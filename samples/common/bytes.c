// The memory functions that the compiler itself may call, and the hash that samples print.
// Byte loops: -fno-tree-loop-distribute-patterns keeps the compiler from turning them into calls of themselves.
#include "bytes.h"

void *memcpy(void *to, const void *from, size_t count) {
  uint8_t *t = to;
  const uint8_t *f = from;
  while (count-- > 0) *t++ = *f++;
  return to;
}

void *memset(void *to, int byte, size_t count) {
  uint8_t *t = to;
  while (count-- > 0) *t++ = (uint8_t)byte;
  return to;
}

int memcmp(const void *a, const void *b, size_t count) {
  const uint8_t *x = a, *y = b;
  for (; count > 0; count--, x++, y++) {
    if (*x != *y) return *x - *y;
  }
  return 0;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

uint64_t fnv(uint64_t hash, const void *bytes, size_t count) {
  const uint8_t *b = bytes;
  while (count-- > 0) hash = (hash ^ *b++) * 0x100000001b3UL;
  return hash;
}

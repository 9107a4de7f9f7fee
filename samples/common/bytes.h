// The memory functions that the compiler itself may call, and small string helpers. No C library is linked.
#ifndef BYTES_H
#define BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t count);
void *memset(void *to, int byte, size_t count);
int memcmp(const void *a, const void *b, size_t count);
size_t strlen(const char *text);

// FNV-1a, 64 bits. Start from FNV_START; feed the previous result to go on.
#define FNV_START 0xcbf29ce484222325UL
uint64_t fnv(uint64_t hash, const void *bytes, size_t count);
static inline uint64_t fnv_word(uint64_t hash, uint64_t word) { return fnv(hash, &word, sizeof word); }

#endif

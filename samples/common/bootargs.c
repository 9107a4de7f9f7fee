// Finds `bootargs` in a flattened device tree: the only property that samples read.
// Devicetree specification, "Flattened Devicetree (DTB) Format".
#include "bootargs.h"

#include "bytes.h"

enum { FDT_BEGIN_NODE = 1, FDT_END_NODE = 2, FDT_PROP = 3, FDT_NOP = 4 };
#define FDT_MAGIC 0xd00dfeedU

static uint32_t be32_at(const char *at) {
  const uint8_t *b = (const uint8_t *)at;
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool same(const char *a, const char *b) { return memcmp(a, b, strlen(b) + 1) == 0; }

static const char *find_bootargs(const char *tree) {
  if (tree == 0 || be32_at(tree) != FDT_MAGIC) return 0;
  const char *at = tree + be32_at(tree + 8), *strings = tree + be32_at(tree + 12);
  for (;;) {
    uint32_t token = be32_at(at);
    at += 4;
    if (token == FDT_BEGIN_NODE) {
      at += (strlen(at) + 4) & ~3UL;
    } else if (token == FDT_PROP) {
      if (same(strings + be32_at(at + 4), "bootargs")) return at + 8;
      at += 8 + ((be32_at(at) + 3) & ~3U);
    } else if (token != FDT_END_NODE && token != FDT_NOP) {
      return 0;
    }
  }
}

const char *bootargs_text(const void *tree, const char *key, unsigned long *length) {
  const char *at = find_bootargs(tree);
  unsigned long key_length = strlen(key);
  while (at && *at) {
    unsigned long word = 0;
    while (at[word] && at[word] != ' ') word++;
    if (word > key_length && at[key_length] == '=' && memcmp(at, key, key_length) == 0) {
      *length = word - key_length - 1;
      return at + key_length + 1;
    }
    at += word;
    if (*at) at++;
  }
  return 0;
}

unsigned long bootargs_number(const void *tree, const char *key, unsigned long otherwise) {
  unsigned long length, value = 0;
  const char *text = bootargs_text(tree, key, &length);
  if (text == 0) return otherwise;
  for (; length > 0 && *text >= '0' && *text <= '9'; length--) value = 10 * value + (unsigned long)(*text++ - '0');
  return value;
}

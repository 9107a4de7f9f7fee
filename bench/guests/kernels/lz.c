// A Lempel-Ziv compressor with a hash table of positions, and its decompressor, on made-up text of 256 KiB. The coded
// form is tokens: a byte below 128 announces that many literals plus one; a byte of 128 or more a match of (byte - 124)
// bytes at the distance that follows in two bytes.
#include "bench.h"

enum { TEXT = 1 << 18, WORDS = 512, HASH_BITS = 13, MATCH_MIN = 4, MATCH_MAX = 131, LITERALS_MAX = 128 };

static uint8_t text[TEXT], coded[TEXT + TEXT / 64], decoded[TEXT];
static uint32_t heads[1 << HASH_BITS];

// Words drawn from a vocabulary, common ones more often.
static void write_text(uint64_t *seed) {
  static uint8_t words[WORDS][8];
  for (int w = 0; w < WORDS; w++) {
    uint64_t letters = random_next(seed);
    for (int i = 0; i < 8; i++) words[w][i] = (uint8_t)('a' + (letters >> 8 * i & 0xff) % 26);
  }
  for (size_t at = 0; at < TEXT;) {
    uint64_t draw = random_next(seed);
    size_t word = (draw & 511) * (draw >> 9 & 511) >> 9, length = 2 + (word * 5 & 7) % 7;
    for (size_t i = 0; i < length && at < TEXT; i++) text[at++] = words[word][i];
    if (at < TEXT) text[at++] = (draw >> 60) == 0 ? '\n' : ' ';
  }
}

static inline uint32_t hash_at(size_t at) {
  uint32_t four = text[at] | (uint32_t)text[at + 1] << 8 | (uint32_t)text[at + 2] << 16 | (uint32_t)text[at + 3] << 24;
  return four * 2654435761U >> (32 - HASH_BITS);
}

static size_t match_length(size_t candidate, size_t at) {
  size_t length = 0, most = TEXT - at < MATCH_MAX ? TEXT - at : MATCH_MAX;
  while (length < most && text[candidate + length] == text[at + length]) length++;
  return length;
}

static size_t put_literals(size_t out, size_t from, size_t to) {
  while (from < to) {
    size_t count = to - from < LITERALS_MAX ? to - from : LITERALS_MAX;
    coded[out++] = (uint8_t)(count - 1);
    for (; count > 0; count--) coded[out++] = text[from++];
  }
  return out;
}

static size_t compress(void) {
  size_t out = 0, pending = 0, at = 0;
  for (size_t i = 0; i < COUNT(heads); i++) heads[i] = 0;
  while (at + MATCH_MIN <= TEXT) {
    uint32_t *head = &heads[hash_at(at)];
    size_t candidate = *head, distance = at - candidate;
    size_t length = candidate < at && distance < 65536 ? match_length(candidate, at) : 0;
    *head = (uint32_t)at;
    if (length < MATCH_MIN) {
      at++;
      continue;
    }
    out = put_literals(out, pending, at);
    coded[out++] = (uint8_t)(length + 124);
    coded[out++] = (uint8_t)distance;
    coded[out++] = (uint8_t)(distance >> 8);
    at += length;
    pending = at;
  }
  return put_literals(out, pending, TEXT);
}

static size_t decompress(size_t size) {
  size_t to = 0;
  for (size_t at = 0; at < size;) {
    size_t token = coded[at++];
    if (token < LITERALS_MAX) {
      for (size_t i = 0; i <= token; i++) decoded[to++] = coded[at++];
    } else {
      size_t distance = coded[at] | (size_t)coded[at + 1] << 8;
      at += 2;
      for (size_t i = 0; i < token - 124; i++, to++) decoded[to] = decoded[to - distance];
    }
  }
  return to;
}

uint64_t kernel_lz(unsigned factor) {
  uint64_t seed = 2463534242UL, sum = 0;
  for (; factor > 0; factor--) {
    write_text(&seed);
    size_t size = compress();
    if (decompress(size) != TEXT) return 0;
    for (size_t i = 0; i < TEXT; i++) {
      if (decoded[i] != text[i]) return 0;
    }
    sum = mix(sum, size);
  }
  return sum;
}

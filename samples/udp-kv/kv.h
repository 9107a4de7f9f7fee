// A key-value store and its text protocol: one request, one answer.
//   SET key value -> OK                 GET key -> VALUE value, or NONE
//   DEL key       -> OK, or NONE        QUIT    -> BYE
// Anything else, a key or value too long and a full store answer ERR and a reason. A value may hold blanks.
#ifndef KV_H
#define KV_H

#include "bytes.h"

#define KV_ENTRIES 256
#define KV_KEY_MAX 32
#define KV_VALUE_MAX 256

struct kv_stats {
  unsigned long requests, keys;
  bool quit;
};
extern struct kv_stats kv_stats;

// Serves one request of `length` bytes, which may end in newlines. Writes the answer and returns its length.
unsigned kv_serve(const char *request, unsigned length, char *reply);

#endif

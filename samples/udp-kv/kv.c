// A key-value store in a table that is searched from its start: small, and the same work in every run.
#include "kv.h"

struct text {
  const char *at;
  unsigned length;
};

static struct entry {
  unsigned key_length;  // 0: free
  unsigned value_length;
  char key[KV_KEY_MAX], value[KV_VALUE_MAX];
} entries[KV_ENTRIES];

struct kv_stats kv_stats;

static struct text next_word(struct text *rest) {
  struct text word = {rest->at, 0};
  while (word.length < rest->length && rest->at[word.length] != ' ') word.length++;
  unsigned used = word.length < rest->length ? word.length + 1 : word.length;
  *rest = (struct text){rest->at + used, rest->length - used};
  return word;
}

static bool is(struct text word, const char *name) {
  return word.length == strlen(name) && memcmp(word.at, name, word.length) == 0;
}

static unsigned say(char *reply, const char *what, const char *tail, unsigned tail_length) {
  unsigned length = (unsigned)strlen(what);
  memcpy(reply, what, length);
  memcpy(reply + length, tail, tail_length);
  reply[length + tail_length] = '\n';
  return length + tail_length + 1;
}

static struct entry *find(struct text key) {
  for (unsigned i = 0; i < KV_ENTRIES; i++) {
    if (entries[i].key_length == key.length && memcmp(entries[i].key, key.at, key.length) == 0) return &entries[i];
  }
  return 0;
}

static unsigned set(struct text key, struct text value, char *reply) {
  if (value.length > KV_VALUE_MAX) return say(reply, "ERR value too long", "", 0);
  struct entry *entry = find(key);
  if (!entry) {
    entry = find((struct text){"", 0});
    if (!entry) return say(reply, "ERR full", "", 0);
    kv_stats.keys++;
  }
  entry->key_length = key.length;
  memcpy(entry->key, key.at, key.length);
  entry->value_length = value.length;
  memcpy(entry->value, value.at, value.length);
  return say(reply, "OK", "", 0);
}

static unsigned del(struct text key, char *reply) {
  struct entry *entry = find(key);
  if (!entry) return say(reply, "NONE", "", 0);
  entry->key_length = 0;
  kv_stats.keys--;
  return say(reply, "OK", "", 0);
}

static unsigned get(struct text key, char *reply) {
  struct entry *entry = find(key);
  return entry ? say(reply, "VALUE ", entry->value, entry->value_length) : say(reply, "NONE", "", 0);
}

unsigned kv_serve(const char *request, unsigned length, char *reply) {
  while (length > 0 && (request[length - 1] == '\n' || request[length - 1] == '\r')) length--;
  struct text rest = {request, length};
  struct text verb = next_word(&rest);
  kv_stats.requests++;
  if (is(verb, "QUIT")) {
    kv_stats.quit = true;
    return say(reply, "BYE", "", 0);
  }
  if (!is(verb, "SET") && !is(verb, "GET") && !is(verb, "DEL")) return say(reply, "ERR what?", "", 0);
  struct text key = next_word(&rest);
  if (key.length == 0) return say(reply, "ERR no key", "", 0);
  if (key.length > KV_KEY_MAX) return say(reply, "ERR key too long", "", 0);
  if (is(verb, "SET")) return set(key, rest, reply);
  return is(verb, "GET") ? get(key, reply) : del(key, reply);
}

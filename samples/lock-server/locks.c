// A lease ends when the timer's interrupt is seen, not when a request finds that its time is over: whether the next
// client gets the lock depends on the instruction at which that interrupt came.
#include "locks.h"

#include "clint.h"
#include "csr.h"

struct text {
  const char *at;
  unsigned length;
};

static struct lock {
  unsigned name_length, who_length;  // who_length 0: nobody has it
  char name[WORD_MAX], who[WORD_MAX];
  uint64_t ends;
} locks[LOCKS_MAX];

unsigned long locks_granted, locks_expired;

static struct text next_word(struct text *rest) {
  struct text word = {rest->at, 0};
  while (word.length < rest->length && rest->at[word.length] != ' ') word.length++;
  unsigned used = word.length < rest->length ? word.length + 1 : word.length;
  *rest = (struct text){rest->at + used, rest->length - used};
  return word;
}

static bool is(struct text word, const char *at, unsigned length) {
  return word.length == length && memcmp(word.at, at, length) == 0;
}

static unsigned say(char *reply, const char *what, const char *tail, unsigned tail_length) {
  unsigned length = (unsigned)strlen(what);
  memcpy(reply, what, length);
  memcpy(reply + length, tail, tail_length);
  reply[length + tail_length] = '\n';
  return length + tail_length + 1;
}

static unsigned held(char *reply, const struct lock *lock) { return say(reply, "HELD ", lock->who, lock->who_length); }

// The lock of this name; a place for it when nobody has it; 0 when there is none.
static struct lock *find(struct text name) {
  struct lock *free = 0;
  for (unsigned i = 0; i < LOCKS_MAX; i++) {
    if (locks[i].who_length == 0) free = &locks[i];
    else if (is(name, locks[i].name, locks[i].name_length)) return &locks[i];
  }
  return free;
}

static void set_timer(void) {
  uint64_t next = UINT64_MAX;
  for (unsigned i = 0; i < LOCKS_MAX; i++) {
    if (locks[i].who_length != 0 && locks[i].ends < next) next = locks[i].ends;
  }
  clint_set_mtimecmp(0, next);
}

void locks_expire(void) {
  uint64_t now = clint_mtime();
  for (unsigned i = 0; i < LOCKS_MAX; i++) {
    if (locks[i].who_length == 0 || locks[i].ends > now) continue;
    locks[i].who_length = 0;
    locks_expired++;
  }
  set_timer();
}

static unsigned take(struct text name, struct text who, struct text lease, char *reply) {
  unsigned long ms = 0;
  for (unsigned i = 0; i < lease.length && ms <= LEASE_MS_MAX; i++) ms = 10 * ms + (unsigned)(lease.at[i] - '0');
  if (ms == 0 || ms > LEASE_MS_MAX) return say(reply, "ERR bad lease", "", 0);
  struct lock *lock = find(name);
  if (!lock) return say(reply, "ERR full", "", 0);
  if (lock->who_length != 0 && !is(who, lock->who, lock->who_length)) return held(reply, lock);
  lock->name_length = name.length;
  memcpy(lock->name, name.at, name.length);
  lock->who_length = who.length;
  memcpy(lock->who, who.at, who.length);
  lock->ends = clint_mtime() + ms * (TIME_HZ / 1000);
  locks_granted++;
  set_timer();
  return say(reply, "GRANTED", "", 0);
}

static unsigned release(struct text name, struct text who, char *reply) {
  struct lock *lock = find(name);
  if (!lock || lock->who_length == 0) return say(reply, "NONE", "", 0);
  if (!is(who, lock->who, lock->who_length)) return held(reply, lock);
  lock->who_length = 0;
  set_timer();
  return say(reply, "OK", "", 0);
}

unsigned locks_serve(const char *request, unsigned length, char *reply) {
  while (length > 0 && (request[length - 1] == '\n' || request[length - 1] == '\r')) length--;
  if (csr_read(mip) & 1UL << IRQ_MTI) locks_expire();
  struct text rest = {request, length};
  struct text verb = next_word(&rest), name = next_word(&rest), who = next_word(&rest);
  if (name.length == 0 || name.length > WORD_MAX || who.length > WORD_MAX) return say(reply, "ERR bad word", "", 0);
  if (is(verb, "WHO", 3)) {
    struct lock *lock = find(name);
    return lock && lock->who_length != 0 ? held(reply, lock) : say(reply, "NONE", "", 0);
  }
  if (who.length == 0) return say(reply, "ERR who?", "", 0);
  if (is(verb, "LOCK", 4)) return take(name, who, next_word(&rest), reply);
  if (is(verb, "FREE", 4)) return release(name, who, reply);
  return say(reply, "ERR what?", "", 0);
}

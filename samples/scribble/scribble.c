// `scribble`: writes to slots of a block device at random, and reads others back: each must hold what was written there
// last. For watching a disk that is copied, moved or taken over while a machine works on it. Command line:
// every=MILLISECONDS between rounds (10), to=LAST round (0: never ends), slots=N of 4 KiB that are used (256, at most
// 65536, or what the disk has), writes=N (8) and reads=N (4) in a round, flush=N (8) rounds from flush to flush,
// sync=N (8): after each N rounds everything is read back.
#include "../disk/blk.h"
#include "bootargs.h"
#include "clint.h"
#include "csr.h"
#include "finisher.h"
#include "print.h"

#define SLOT_BYTES (BLK_SECTORS * SECTOR)
#define SLOTS_MAX 65536UL

static struct blk_request requests[BLK_DEPTH];
// What was written to each slot last; 0: nothing yet.
static uint32_t versions[SLOTS_MAX];
static uint64_t state = 0x9e3779b97f4a7c15UL;

static uint64_t random_below(uint64_t end) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state % end;
}

static uint64_t slot_of(const struct blk_request *request) { return request->sector / BLK_SECTORS; }

static uint64_t word_of(uint64_t slot, uint32_t version, unsigned at) {
  return ((slot << 32 | version) + at) * 0x5851f42d4c957f2dUL + 0x14057b7ef767814fUL;
}

static __attribute__((noreturn)) void fail(const char *what, uint64_t slot) {
  print("scribble: %s: slot %lu\n", what, slot);
  finish(1);
}

static void check(const struct blk_request *request) {
  uint64_t slot = slot_of(request), found;
  if (versions[slot] == 0) return;
  for (unsigned i = 0; i < SLOT_BYTES; i += 8) {
    memcpy(&found, request->data + i, 8);
    if (found != word_of(slot, versions[slot], i)) fail("not what was written last", slot);
  }
}

static unsigned busy;

static void finish_all(void) {
  for (; busy > 0; busy--) {
    struct blk_request *request = blk_wait();
    if (request->status != BLK_OK) fail("request failed", slot_of(request));
    if (request->type == BLK_READ) check(request);
  }
}

// At most BLK_DEPTH before `finish_all`.
static void begin(enum blk_type type, uint64_t slot) {
  struct blk_request *request = &requests[busy++];
  request->type = type;
  request->sector = slot * BLK_SECTORS;
  request->sectors = BLK_SECTORS;
  if (type == BLK_WRITE) {
    uint32_t version = ++versions[slot];
    for (unsigned i = 0; i < SLOT_BYTES; i += 8) {
      uint64_t word = word_of(slot, version, i);
      memcpy(request->data + i, &word, 8);
    }
  }
  blk_start(request);
}

static void batch(enum blk_type type, uint64_t count, uint64_t slots) {
  for (uint64_t i = 0; i < count; i++) {
    if (busy == BLK_DEPTH) finish_all();
    begin(type, random_below(slots));
  }
  finish_all();
}

static void read_all(uint64_t slots) {
  for (uint64_t slot = 0; slot < slots; slot++) {
    if (busy == BLK_DEPTH) finish_all();
    if (versions[slot] != 0) begin(BLK_READ, slot);
  }
  finish_all();
}

int main(const void *device_tree) {
  unsigned long interval = bootargs_number(device_tree, "every", 10) * (TIME_HZ / 1000);
  unsigned long last = bootargs_number(device_tree, "to", 0);
  unsigned long slots = bootargs_number(device_tree, "slots", 256);
  unsigned long writes = bootargs_number(device_tree, "writes", 8);
  unsigned long reads = bootargs_number(device_tree, "reads", 4);
  unsigned long flush = bootargs_number(device_tree, "flush", 8);
  unsigned long sync = bootargs_number(device_tree, "sync", 8);
  struct blk_disk disk;
  if (!blk_open(&disk)) {
    print("scribble: no block device: give the machine a drive\n");
    return 2;
  }
  if (slots > disk.sectors / BLK_SECTORS) slots = disk.sectors / BLK_SECTORS;
  if (slots > SLOTS_MAX) slots = SLOTS_MAX;
  if (slots == 0) {
    print("scribble: the disk has no slot\n");
    return 2;
  }
  unsigned long due = clint_mtime();
  for (unsigned long round = 1; round <= last || last == 0; round++) {
    due += interval;
    clint_set_mtimecmp(0, due);
    csr_set(mie, 1UL << IRQ_MTI);
    while (clint_mtime() < due) wfi();
    csr_clear(mie, 1UL << IRQ_MTI);
    batch(BLK_WRITE, writes, slots);
    batch(BLK_READ, reads, slots);
    if (flush != 0 && disk.has_flush && round % flush == 0) {
      requests[0].type = BLK_FLUSH;
      if (blk_do(&requests[0]) != BLK_OK) fail("flush failed", 0);
    }
    if (sync != 0 && round % sync == 0) read_all(slots);
    print("round %lu\n", round);
  }
  read_all(slots);
  print("scribble: all is what was written last\n");
  return 0;
}

// `disk`: works a block device through every kind of request, up to BLK_DEPTH in flight, and checks what it reads back.
// Overwrites the first megabyte of the disk. The `overlap` checksum depends on the order in which the host finished
// requests that wrote the same sectors; everything else is the same in each run.
#include "blk.h"
#include "finisher.h"
#include "print.h"

#define AREA_SECTORS 1024UL
#define ZERO_AT 256
#define ZERO_SECTORS 64
#define DISCARD_AT 512
#define DISCARD_SECTORS 64
#define OVERLAP_AT 1024UL
#define OVERLAP_STRIDE 2
#define OVERLAP_SECTORS ((BLK_DEPTH - 1) * OVERLAP_STRIDE + BLK_SECTORS)
#define SECTORS_NEEDED 2048UL

static struct blk_request requests[BLK_DEPTH];

static __attribute__((noreturn)) void fail(const char *what, uint64_t sector) {
  print("disk: %s: wrong at sector %lu\n", what, sector);
  finish(1);
}

static void fill(uint8_t *sector_data, uint64_t word) {
  for (unsigned i = 0; i < SECTOR; i += 8) {
    memcpy(sector_data + i, &word, 8);
    word = word * 0x5851f42d4c957f2dUL + 0x14057b7ef767814fUL;
  }
}

static bool holds(const uint8_t *sector_data, uint64_t word) {
  uint8_t expected[SECTOR];
  fill(expected, word);
  return memcmp(sector_data, expected, SECTOR) == 0;
}

static void must(struct blk_request *request, const char *what) {
  if (request->status != BLK_OK) fail(what, request->sector);
}

static struct blk_request *finish_one(void each(struct blk_request *)) {
  struct blk_request *request = blk_wait();
  must(request, "request failed");
  if (request->type == BLK_READ) each(request);
  return request;
}

// Writes or reads `count` sectors from `from` on, BLK_DEPTH requests in flight. `each` prepares a write, or looks at
// what was read.
static void sweep(enum blk_type type, uint64_t from, uint64_t count, void each(struct blk_request *)) {
  unsigned busy = 0;
  for (uint64_t at = from; at < from + count; at += BLK_SECTORS) {
    struct blk_request *request = busy < BLK_DEPTH ? &requests[busy++] : finish_one(each);
    request->type = type;
    request->sector = at;
    request->sectors = BLK_SECTORS;
    if (type == BLK_WRITE) each(request);
    blk_start(request);
  }
  for (; busy > 0; busy--) finish_one(each);
}

// Does not depend on the order in which sectors are added.
static uint64_t checksum;
static void add_sector(uint64_t number, const uint8_t *sector_data) {
  checksum += fnv(fnv_word(FNV_START, number), sector_data, SECTOR);
}

static void write_pattern(struct blk_request *request) {
  for (uint32_t i = 0; i < request->sectors; i++) fill(request->data + i * SECTOR, request->sector + i);
}

static void check_pattern(struct blk_request *request) {
  for (uint32_t i = 0; i < request->sectors; i++) {
    if (!holds(request->data + i * SECTOR, request->sector + i)) fail("pattern", request->sector + i);
    add_sector(request->sector + i, request->data + i * SECTOR);
  }
}

static void check_zero(struct blk_request *request) {
  for (uint32_t i = 0; i < request->sectors * SECTOR; i++) {
    if (request->data[i] != 0) fail("zeroes", request->sector + i / SECTOR);
  }
}

static void check_nothing(struct blk_request *request) { (void)request; }

static void do_range(enum blk_type type, uint64_t sector, uint32_t sectors, const char *name, bool offered) {
  print("disk: %s: ", name);
  if (!offered) {
    print("not offered\n");
    return;
  }
  requests[0].type = type;
  requests[0].sector = sector;
  requests[0].sectors = sectors;
  blk_do(&requests[0]);
  must(&requests[0], name);
  print("done\n");
}

// All requests at once, each over sectors that its neighbours write too. Each must end up as one of its writers left
// it.
static void write_overlapping(void) {
  for (unsigned i = 0; i < BLK_DEPTH; i++) {
    requests[i].type = BLK_WRITE;
    requests[i].sector = OVERLAP_AT + i * OVERLAP_STRIDE;
    requests[i].sectors = BLK_SECTORS;
    for (unsigned s = 0; s < BLK_SECTORS; s++) fill(requests[i].data + s * SECTOR, 1000 + i);
    blk_start(&requests[i]);
  }
  for (unsigned i = 0; i < BLK_DEPTH; i++) must(blk_wait(), "overlapping write");
}

static void check_overlapping(struct blk_request *request) {
  for (uint32_t s = 0; s < request->sectors; s++) {
    uint64_t sector = request->sector + s, writer = 0;
    const uint8_t *data = request->data + s * SECTOR;
    for (; writer < BLK_DEPTH; writer++) {
      uint64_t first = OVERLAP_AT + writer * OVERLAP_STRIDE;
      if (sector >= first && sector < first + BLK_SECTORS && holds(data, 1000 + writer)) break;
    }
    if (writer == BLK_DEPTH && sector < OVERLAP_AT + OVERLAP_SECTORS) fail("overlap", sector);
    add_sector(sector, data);
  }
}

static void refuse_beyond_end(uint64_t sectors) {
  requests[0].type = BLK_READ;
  requests[0].sector = sectors;
  requests[0].sectors = 1;
  if (blk_do(&requests[0]) == BLK_OK) fail("read beyond the end", sectors);
}

int main(void) {
  struct blk_disk disk;
  if (!blk_open(&disk)) {
    print("disk: no block device: give the machine a drive\n");
    return 2;
  }
  print("disk: %lu sectors\n", disk.sectors);
  if (disk.sectors < SECTORS_NEEDED) {
    print("disk: at least %lu sectors are needed\n", SECTORS_NEEDED);
    return 2;
  }
  sweep(BLK_WRITE, 0, AREA_SECTORS, write_pattern);
  do_range(BLK_FLUSH, 0, 0, "flush", disk.has_flush);
  sweep(BLK_READ, 0, AREA_SECTORS, check_pattern);
  print("disk: pattern: checksum %016lx\n", checksum);

  do_range(BLK_WRITE_ZEROES, ZERO_AT, ZERO_SECTORS, "write zeroes", disk.has_write_zeroes);
  if (disk.has_write_zeroes) sweep(BLK_READ, ZERO_AT, ZERO_SECTORS, check_zero);
  do_range(BLK_DISCARD, DISCARD_AT, DISCARD_SECTORS, "discard", disk.has_discard);
  sweep(BLK_READ, DISCARD_AT, DISCARD_SECTORS, check_nothing);  // must succeed; what it reads is not specified
  sweep(BLK_READ, ZERO_AT + ZERO_SECTORS, DISCARD_AT - ZERO_AT - ZERO_SECTORS, check_pattern);

  write_overlapping();
  checksum = 0;
  sweep(BLK_READ, OVERLAP_AT, OVERLAP_SECTORS & -BLK_SECTORS, check_overlapping);
  print("disk: overlap: checksum %016lx\n", checksum);
  refuse_beyond_end(disk.sectors);
  print("disk: all requests done\n");
  return 0;
}

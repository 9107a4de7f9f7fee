// Requests to a virtio block device, several in flight.
#ifndef BLK_H
#define BLK_H

#include "bytes.h"

#define SECTOR 512
#define BLK_DEPTH 32
#define BLK_SECTORS 8  // most sectors of one request

enum blk_type { BLK_READ = 0, BLK_WRITE = 1, BLK_FLUSH = 4, BLK_DISCARD = 11, BLK_WRITE_ZEROES = 13 };
enum blk_status { BLK_OK = 0, BLK_IOERR = 1, BLK_UNSUPPORTED = 2 };

// A place for one request. The fields below `sector` are the device's view of it.
struct blk_request {
  enum blk_type type;
  uint64_t sector;
  uint32_t sectors;
  uint8_t data[BLK_SECTORS * SECTOR];
  struct {
    uint32_t type, reserved;
    uint64_t sector;
  } header;
  struct {
    uint64_t sector;
    uint32_t sectors, flags;
  } range;
  volatile uint8_t status;
  int id;
};

struct blk_disk {
  uint64_t sectors;
  bool has_flush, has_discard, has_write_zeroes;
};

// False when there is no block device.
bool blk_open(struct blk_disk *disk);
// Starts what type, sector and sectors say; `data` is read or filled. At most BLK_DEPTH are in flight.
void blk_start(struct blk_request *request);
// Waits for any request in flight to finish and returns it.
struct blk_request *blk_wait(void);
// One request alone; its status.
enum blk_status blk_do(struct blk_request *request);

#endif

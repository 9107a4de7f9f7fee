// Requests to a virtio block device (virtio specification 1.2, section 5.2), several in flight, in one queue.
#include "blk.h"

#include "mmio.h"
#include "virtio.h"

enum { BLK_F_FLUSH = 9, BLK_F_DISCARD = 13, BLK_F_WRITE_ZEROES = 14 };

static struct virtio device;
static struct virtq queue;
static struct blk_request *in_flight[VIRTQ_MAX];  // by id

bool blk_open(struct blk_disk *disk) {
  if (!virtio_find(&device, VIRTIO_BLK)) return false;
  uint64_t features = virtio_negotiate(&device, 1UL << BLK_F_FLUSH | 1UL << BLK_F_DISCARD | 1UL << BLK_F_WRITE_ZEROES);
  virtq_setup(&device, &queue, 0);
  virtio_start(&device);
  uint64_t low = mmio_read32(device.base + VIRTIO_CONFIG), high = mmio_read32(device.base + VIRTIO_CONFIG + 4);
  disk->sectors = high << 32 | low;
  disk->has_flush = features >> BLK_F_FLUSH & 1;
  disk->has_discard = features >> BLK_F_DISCARD & 1;
  disk->has_write_zeroes = features >> BLK_F_WRITE_ZEROES & 1;
  return true;
}

void blk_start(struct blk_request *request) {
  struct virtio_buffer buffers[4];
  unsigned count = 0;
  bool ranged = request->type == BLK_DISCARD || request->type == BLK_WRITE_ZEROES;
  bool moves_data = request->type == BLK_READ || request->type == BLK_WRITE;
  request->header.type = (uint32_t)request->type;
  request->header.sector = moves_data ? request->sector : 0;
  request->status = 0xff;
  buffers[count++] = (struct virtio_buffer){&request->header, sizeof request->header, false};
  if (ranged) {
    request->range.sector = request->sector;
    request->range.sectors = request->sectors;
    buffers[count++] = (struct virtio_buffer){&request->range, sizeof request->range, false};
  }
  if (moves_data) {
    // In two buffers that do not meet at a sector's end, as drivers may do.
    uint32_t bytes = request->sectors * SECTOR, first = bytes / 2 + 100;
    buffers[count++] = (struct virtio_buffer){request->data, first, request->type == BLK_READ};
    buffers[count++] = (struct virtio_buffer){request->data + first, bytes - first, request->type == BLK_READ};
  }
  buffers[count++] = (struct virtio_buffer){(void *)&request->status, 1, true};
  request->id = virtq_add(&queue, buffers, count);
  in_flight[request->id] = request;
  virtq_notify(&device, &queue);
}

struct blk_request *blk_wait(void) {
  int id;
  while ((id = virtq_take(&queue, 0)) < 0) virtio_wait(&device);
  return in_flight[id];
}

enum blk_status blk_do(struct blk_request *request) {
  blk_start(request);
  return (enum blk_status)blk_wait()->status;
}

// A driver for modern virtio devices over MMIO (version 2): discovery, feature negotiation, split virtqueues.
// Virtio specification 1.2, sections 2.7 (split virtqueues), 3.1 (initialisation), 4.2 (MMIO).
#ifndef VIRTIO_H
#define VIRTIO_H

#include "bytes.h"

enum virtio_device_id { VIRTIO_NET = 1, VIRTIO_BLK = 2, VIRTIO_ENTROPY = 4 };
#define VIRTIO_F_VERSION_1 (1UL << 32)
#define VIRTIO_CONFIG 0x100

// Entries of a queue: a power of two; smaller where the device allows fewer.
#define VIRTQ_MAX 128

struct virtq_desc {
  uint64_t address;
  uint32_t length;
  uint16_t flags;
  uint16_t next;
};
struct virtq_used_entry {
  uint32_t id;
  uint32_t length;
};

struct virtq {
  struct virtq_desc desc[VIRTQ_MAX] __attribute__((aligned(16)));
  struct {
    uint16_t flags, index, ring[VIRTQ_MAX];
  } available __attribute__((aligned(4)));
  struct {
    uint16_t flags;
    volatile uint16_t index;
    struct virtq_used_entry ring[VIRTQ_MAX];
  } used __attribute__((aligned(4)));
  unsigned number, size;
  uint16_t free_head, free_count, used_seen;
};

struct virtio {
  unsigned long base;
  unsigned irq;
};

// One buffer of a request; `device_writes` says which way the data goes.
struct virtio_buffer {
  void *data;
  uint32_t length;
  bool device_writes;
};

// The first slot that holds such a device; false when there is none.
bool virtio_find(struct virtio *device, enum virtio_device_id id);
// Resets the device and negotiates the features in `wanted` that it offers. Returns those; VIRTIO_F_VERSION_1 is always
// asked for.
uint64_t virtio_negotiate(const struct virtio *device, uint64_t wanted);
void virtq_setup(const struct virtio *device, struct virtq *queue, unsigned number);
// After the queues: the device may work from now on, and its interrupt is let through.
void virtio_start(const struct virtio *device);
// Sleeps until the device (the only one whose interrupt is enabled at the PLIC) raises its interrupt, and clears it.
void virtio_wait(const struct virtio *device);

// Makes a request of `count` buffers available without telling the device. Returns its id, or -1 when descriptors are
// short.
int virtq_add(struct virtq *queue, const struct virtio_buffer *buffers, unsigned count);
// Tells the device to look at the queue.
void virtq_notify(const struct virtio *device, const struct virtq *queue);
// The id of the next finished request, its descriptors free again, or -1. *length is how much the device wrote.
int virtq_take(struct virtq *queue, uint32_t *length);

#endif

// A driver for modern virtio devices over MMIO. Physical and virtual addresses are the same: samples run without
// translation.
#include "virtio.h"

#include "board.h"
#include "finisher.h"
#include "mmio.h"
#include "plic.h"
#include "print.h"

enum {
  MAGIC_VALUE = 0x000,
  VERSION = 0x004,
  DEVICE_ID = 0x008,
  DEVICE_FEATURES = 0x010,
  DEVICE_FEATURES_SEL = 0x014,
  DRIVER_FEATURES = 0x020,
  DRIVER_FEATURES_SEL = 0x024,
  QUEUE_SEL = 0x030,
  QUEUE_NUM_MAX = 0x034,
  QUEUE_NUM = 0x038,
  QUEUE_READY = 0x044,
  QUEUE_NOTIFY = 0x050,
  INTERRUPT_STATUS = 0x060,
  INTERRUPT_ACK = 0x064,
  STATUS = 0x070,
  QUEUE_DESC = 0x080,
  QUEUE_DRIVER = 0x090,
  QUEUE_DEVICE = 0x0a0,
};
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8 };
enum { DESC_NEXT = 1, DESC_WRITE = 2 };
#define VIRTIO_MAGIC 0x74726976U

static uint32_t get(const struct virtio *device, unsigned offset) { return mmio_read32(device->base + offset); }
static void set(const struct virtio *device, unsigned offset, uint32_t value) {
  mmio_write32(device->base + offset, value);
}
static void set_address(const struct virtio *device, unsigned offset, const volatile void *at) {
  set(device, offset, (uint32_t)(unsigned long)at);
  set(device, offset + 4, (uint32_t)((unsigned long)at >> 32));
}
static void fence(void) { asm volatile("fence iorw, iorw" ::: "memory"); }

static __attribute__((noreturn)) void refuse(const struct virtio *device, const char *why) {
  print("virtio at %lx: %s\n", device->base, why);
  finish(2);
}

bool virtio_find(struct virtio *device, enum virtio_device_id id) {
  for (unsigned slot = 0; slot < VIRTIO_SLOTS; slot++) {
    device->base = VIRTIO_BASE + slot * VIRTIO_STRIDE;
    device->irq = VIRTIO_IRQ(slot);
    if (get(device, MAGIC_VALUE) == VIRTIO_MAGIC && get(device, DEVICE_ID) == (uint32_t)id) {
      if (get(device, VERSION) != 2) refuse(device, "not version 2 (QEMU: -global virtio-mmio.force-legacy=false)");
      return true;
    }
  }
  return false;
}

uint64_t virtio_negotiate(const struct virtio *device, uint64_t wanted) {
  set(device, STATUS, 0);
  set(device, STATUS, ACKNOWLEDGE);
  set(device, STATUS, ACKNOWLEDGE | DRIVER);
  set(device, DEVICE_FEATURES_SEL, 0);
  uint64_t offered = get(device, DEVICE_FEATURES);
  set(device, DEVICE_FEATURES_SEL, 1);
  offered |= (uint64_t)get(device, DEVICE_FEATURES) << 32;
  uint64_t features = offered & (wanted | VIRTIO_F_VERSION_1);
  set(device, DRIVER_FEATURES_SEL, 0);
  set(device, DRIVER_FEATURES, (uint32_t)features);
  set(device, DRIVER_FEATURES_SEL, 1);
  set(device, DRIVER_FEATURES, (uint32_t)(features >> 32));
  set(device, STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
  if (!(get(device, STATUS) & FEATURES_OK)) refuse(device, "features refused");
  return features;
}

void virtq_setup(const struct virtio *device, struct virtq *queue, unsigned number) {
  memset(queue, 0, sizeof *queue);
  set(device, QUEUE_SEL, number);
  uint32_t most = get(device, QUEUE_NUM_MAX);
  if (most == 0 || get(device, QUEUE_READY) != 0) refuse(device, "no such queue");
  queue->number = number;
  queue->size = most < VIRTQ_MAX ? most : VIRTQ_MAX;
  queue->free_count = (uint16_t)queue->size;
  for (unsigned i = 0; i < queue->size; i++) queue->desc[i].next = (uint16_t)(i + 1);
  set(device, QUEUE_NUM, queue->size);
  set_address(device, QUEUE_DESC, queue->desc);
  set_address(device, QUEUE_DRIVER, &queue->available);
  set_address(device, QUEUE_DEVICE, &queue->used);
  set(device, QUEUE_READY, 1);
}

void virtio_start(const struct virtio *device) {
  set(device, STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
  plic_enable(device->irq);
}

void virtio_wait(const struct virtio *device) {
  unsigned irq = plic_wait();
  set(device, INTERRUPT_ACK, get(device, INTERRUPT_STATUS));
  plic_complete(irq);
}

int virtq_add(struct virtq *queue, const struct virtio_buffer *buffers, unsigned count) {
  if (count == 0 || count > queue->free_count) return -1;
  unsigned head = queue->free_head, at = head;
  for (unsigned i = 0; i < count; i++) {
    struct virtq_desc *desc = &queue->desc[at];
    desc->address = (unsigned long)buffers[i].data;
    desc->length = buffers[i].length;
    desc->flags = (uint16_t)((buffers[i].device_writes ? DESC_WRITE : 0) | (i + 1 < count ? DESC_NEXT : 0));
    at = desc->next;
  }
  queue->free_head = (uint16_t)at;
  queue->free_count = (uint16_t)(queue->free_count - count);
  queue->available.ring[queue->available.index % queue->size] = (uint16_t)head;
  fence();
  *(volatile uint16_t *)&queue->available.index = (uint16_t)(queue->available.index + 1);
  return (int)head;
}

void virtq_notify(const struct virtio *device, const struct virtq *queue) {
  fence();
  set(device, QUEUE_NOTIFY, queue->number);
}

int virtq_take(struct virtq *queue, uint32_t *length) {
  if (queue->used_seen == queue->used.index) return -1;
  fence();
  const struct virtq_used_entry *entry = &queue->used.ring[queue->used_seen++ % queue->size];
  unsigned last = entry->id;
  uint16_t freed = 1;
  for (; queue->desc[last].flags & DESC_NEXT; freed++) last = queue->desc[last].next;
  queue->desc[last].next = queue->free_head;
  queue->free_head = (uint16_t)entry->id;
  queue->free_count = (uint16_t)(queue->free_count + freed);
  if (length) *length = entry->length;
  return (int)entry->id;
}

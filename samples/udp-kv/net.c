// A virtio network device (virtio specification 1.2, section 5.1): queue 0 receives, queue 1 sends. No feature but the
// address is asked for, so that every frame is whole, in one buffer, with its checksums made.
#include "net.h"

#include "mmio.h"
#include "virtio.h"

enum { RECEIVE_QUEUE = 0, SEND_QUEUE = 1 };
#define NET_F_MAC (1UL << 5)
#define PLACES 32

// The device's header in front of each frame, with num_buffers since VIRTIO_F_VERSION_1. All zero: nothing left for
// others to do.
struct place {
  uint8_t header[12];
  uint8_t frame[FRAME_MAX + 2];
};

static struct virtio device;
static struct virtq receive_queue, send_queue;
static struct place receive_places[PLACES], send_places[PLACES];
static struct place *receive_by_id[VIRTQ_MAX], *send_by_id[VIRTQ_MAX];
static struct place *received, *sending;
static struct place *send_free[PLACES];
static unsigned send_free_count;

static void offer(struct place *place) {
  int id = virtq_add(&receive_queue, &(struct virtio_buffer){place, sizeof *place, true}, 1);
  if (id >= 0) receive_by_id[id] = place;
}

bool net_open(uint8_t mac[6]) {
  if (!virtio_find(&device, VIRTIO_NET)) return false;
  virtio_negotiate(&device, NET_F_MAC);
  virtq_setup(&device, &receive_queue, RECEIVE_QUEUE);
  virtq_setup(&device, &send_queue, SEND_QUEUE);
  for (unsigned i = 0; i < 6; i++) mac[i] = mmio_read8(device.base + VIRTIO_CONFIG + i);
  for (unsigned i = 0; i < PLACES; i++) {
    offer(&receive_places[i]);
    send_free[send_free_count++] = &send_places[i];
  }
  virtio_start(&device);
  virtq_notify(&device, &receive_queue);
  return true;
}

uint8_t *net_receive(unsigned *length) {
  int id;
  uint32_t written;
  while ((id = virtq_take(&receive_queue, &written)) < 0) virtio_wait(&device);
  received = receive_by_id[id];
  *length = written > sizeof received->header ? written - (uint32_t)sizeof received->header : 0;
  return received->frame;
}

void net_release(void) {
  offer(received);
  virtq_notify(&device, &receive_queue);
}

static void take_sent(void) {
  for (int id; (id = virtq_take(&send_queue, 0)) >= 0;) send_free[send_free_count++] = send_by_id[id];
}

uint8_t *net_frame(void) {
  for (take_sent(); send_free_count == 0; take_sent()) virtio_wait(&device);
  sending = send_free[send_free_count - 1];
  return sending->frame;
}

void net_send(unsigned length) {
  struct virtio_buffer buffer = {sending, (uint32_t)sizeof sending->header + length, false};
  send_free_count--;
  send_by_id[virtq_add(&send_queue, &buffer, 1)] = sending;
  virtq_notify(&device, &send_queue);
}

void net_drain(void) {
  for (take_sent(); send_free_count < PLACES; take_sent()) virtio_wait(&device);
}

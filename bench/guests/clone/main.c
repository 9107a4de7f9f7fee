// Writes to its memory at a steady pace and answers datagrams on the network meanwhile: what is copied while a client
// looks on. Command line: used=MIB of memory that are filled, rate=PAGES of 4 KiB written to in each millisecond.
#include "board.h"
#include "bootargs.h"
#include "clint.h"
#include "csr.h"
#include "ip.h"
#include "print.h"

// Whether a frame waits is seen in its rings, which are its own.
#include "net.c"

#define ADDRESS (10U << 24 | 0U << 16 | 2U << 8 | 15U)
#define PORT 7000
#define MEMORY 0x80000000UL
// Behind the program.
#define FIRST (1UL << 20)
#define PAGE 4096UL
// Written to, over and over.
#define WORKING_SET (16UL << 20)
// Of the clock, in a millisecond.
#define MS 10000UL
// A guest that was held up does not make up for more.
#define BEHIND_MS 20

static unsigned echo(const char *request, unsigned length, char *reply) {
  unsigned taken = length < UDP_MAX ? length : UDP_MAX;
  memcpy(reply, request, taken);
  return taken;
}

static void serve(const struct ip_host *self) {
  while (receive_queue.used.index != receive_queue.used_seen) {
    unsigned length;
    const uint8_t *frame = net_receive(&length);
    ip_input(self, frame, length, echo);
    net_release();
  }
}

// What no page has in common with another, and does not compress to nothing.
static void fill(unsigned long from, unsigned long to) {
  for (unsigned long at = from; at < to; at += 16) {
    *(volatile uint64_t *)at = at * 31 ^ at >> 7;
    *(volatile uint64_t *)(at + 8) = 0;
  }
}

int main(const void *device_tree) {
  unsigned long used = bootargs_number(device_tree, "used", 32) << 20;
  unsigned long rate = bootargs_number(device_tree, "rate", 1);
  struct ip_host self = {.address = ADDRESS, .port = PORT};
  if (!net_open(self.mac)) return 2;
  fill(MEMORY + FIRST, MEMORY + used);
  ip_announce(&self);
  print("clone: writes\n");
  csr_set(mie, 1UL << IRQ_MTI);
  unsigned long at = 0;
  uint64_t next = clint_mtime();
  for (uint64_t count = 1;;) {
    uint64_t now = clint_mtime();
    if (now - next > BEHIND_MS * MS && now > next) next = now - BEHIND_MS * MS;
    for (; next <= now; next += MS) {
      for (unsigned long i = 0; i < rate; i++) {
        *(volatile uint64_t *)(MEMORY + FIRST + at) = count++;
        at = (at + PAGE) % WORKING_SET;
      }
    }
    clint_set_mtimecmp(0, next);
    while (!(csr_read(mip) & 1UL << IRQ_MTI)) {
      if (csr_read(mip) & 1UL << IRQ_MEI) virtio_wait(&device);
      serve(&self);
      if (!(csr_read(mip) & (1UL << IRQ_MTI | 1UL << IRQ_MEI))) wfi();
    }
  }
}

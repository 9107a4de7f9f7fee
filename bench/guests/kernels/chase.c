// Pointer chase: follows one cycle through 64-byte nodes laid out at random over 16 MiB. Each load waits for the one
// before it, and nearly each is on another page.
#include "bench.h"

enum { NODES = 1 << 18, STEPS_PER_UNIT = 3000000 };

struct node {
  struct node *next;
  uint64_t value;
  uint64_t unused[6];
};

static struct node nodes[NODES];
static uint32_t order[NODES];

// Sattolo's shuffle of `order` gives one cycle through all nodes.
static void link_nodes(void) {
  uint64_t seed = 0x9e3779b97f4a7c15UL;
  for (uint32_t i = 0; i < NODES; i++) order[i] = i;
  for (uint32_t i = NODES - 1; i > 0; i--) {
    uint32_t j = (uint32_t)((random_next(&seed) >> 32) * i >> 32), swap = order[i];
    order[i] = order[j];
    order[j] = swap;
  }
  for (uint32_t i = 0; i < NODES; i++) {
    nodes[i].next = &nodes[order[i]];
    nodes[i].value = i;
  }
}

uint64_t kernel_chase(unsigned factor) {
  uint64_t sum = 0;
  link_nodes();
  const struct node *at = nodes;
  for (uint64_t steps = (uint64_t)factor * STEPS_PER_UNIT; steps > 0; steps--) {
    sum += at->value;
    at = at->next;
  }
  return mix(sum, at->value);
}

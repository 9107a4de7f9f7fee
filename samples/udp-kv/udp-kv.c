// `udp-kv`: a key-value server on the network: ARP, ping, and the protocol of kv.h in UDP datagrams on port 7000.
// Command line: ip=A.B.C.D (10.0.2.15).
#include "bootargs.h"
#include "ip.h"
#include "kv.h"
#include "net.h"
#include "print.h"

#define DEFAULT_ADDRESS (10U << 24 | 0U << 16 | 2U << 8 | 15U)
#define PORT 7000

static uint32_t own_address(const void *device_tree) {
  unsigned long length;
  const char *text = bootargs_text(device_tree, "ip", &length);
  uint32_t address = 0, part = 0;
  if (text == 0) return DEFAULT_ADDRESS;
  for (unsigned long i = 0; i <= length; i++) {
    if (i == length || text[i] == '.') {
      address = address << 8 | part;
      part = 0;
    } else {
      part = 10 * part + (uint32_t)(text[i] - '0');
    }
  }
  return address;
}

int main(const void *device_tree) {
  struct ip_host self = {.address = own_address(device_tree), .port = PORT};
  if (!net_open(self.mac)) {
    print("udp-kv: no network device: give the machine a network\n");
    return 2;
  }
  uint32_t a = self.address;
  print("udp-kv: serving at %u.%u.%u.%u port %u\n", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255, PORT);
  ip_announce(&self);
  while (!kv_stats.quit) {
    unsigned length;
    const uint8_t *frame = net_receive(&length);
    ip_input(&self, frame, length, kv_serve);
    net_release();
  }
  net_drain();
  print("udp-kv: quit after %lu requests, %lu keys held\n", kv_stats.requests, kv_stats.keys);
  return 0;
}

// `lock-server`: who may hold what, for how long: ARP, ping, and the protocol of locks.h in UDP datagrams on port 7000.
#include "../udp-kv/ip.h"
#include "../udp-kv/net.h"
#include "clint.h"
#include "locks.h"
#include "print.h"

int main(void) {
  struct ip_host self = {.address = 10U << 24 | 0U << 16 | 2U << 8 | 15U, .port = 7000};
  clint_set_mtimecmp(0, UINT64_MAX);
  if (!net_open(self.mac)) {
    print("lock-server: no network device: give the machine a network\n");
    return 2;
  }
  print("lock-server: serving at 10.0.2.15 port %u\n", self.port);
  ip_announce(&self);
  for (;;) {
    unsigned length;
    const uint8_t *frame = net_receive(&length);
    ip_input(&self, frame, length, locks_serve);
    net_release();
  }
}

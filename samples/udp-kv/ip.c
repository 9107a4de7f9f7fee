// ARP (RFC 826), IPv4 (RFC 791), ICMP echo (RFC 792) and UDP (RFC 768) for a server with one fixed address.
// No fragments, no options, no routing: an answer goes back the way its request came.
#include "ip.h"

#include "net.h"

enum { ETHERTYPE_IP = 0x0800, ETHERTYPE_ARP = 0x0806, ARP_REQUEST = 1, ARP_REPLY = 2 };
enum { PROTOCOL_ICMP = 1, PROTOCOL_UDP = 17, ICMP_ECHO_REPLY = 0, ICMP_ECHO = 8 };
// Offsets in a frame: Ethernet header, then ARP or IPv4 without options, then ICMP or UDP.
enum { ETH = 14, ARP_END = ETH + 28, IP_END = ETH + 20, UDP_END = IP_END + 8 };

static unsigned get16(const uint8_t *at) { return (unsigned)at[0] << 8 | at[1]; }
static uint32_t get32(const uint8_t *at) { return (uint32_t)get16(at) << 16 | get16(at + 2); }
static void put16(uint8_t *at, unsigned value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}
static void put32(uint8_t *at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value & 0xffff);
}

// The Internet checksum (RFC 1071) of `length` bytes, added to `sum`. Over data that holds its own checksum it is 0.
static unsigned checksum(const uint8_t *bytes, unsigned length, unsigned sum) {
  for (unsigned i = 0; i < length; i += 2) sum += i + 1 < length ? get16(bytes + i) : (unsigned)bytes[i] << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum ^ 0xffff;
}

static unsigned udp_pseudo_header(const uint8_t *frame, unsigned udp_length) {
  const uint8_t *addresses = frame + ETH + 12;
  unsigned sum = PROTOCOL_UDP + udp_length;
  for (unsigned i = 0; i < 8; i += 2) sum += get16(addresses + i);
  return sum;
}

static void put_ethernet(const struct ip_host *self, uint8_t *frame, const uint8_t *to, unsigned type) {
  memcpy(frame, to, 6);
  memcpy(frame + 6, self->mac, 6);
  put16(frame + 12, type);
}

static void send_arp(const struct ip_host *self, unsigned operation, const uint8_t *mac, const uint8_t *target_mac,
                     uint32_t target) {
  static const uint8_t ethernet_ipv4[] = {0, 1, 8, 0, 6, 4};
  uint8_t *frame = net_frame();
  put_ethernet(self, frame, mac, ETHERTYPE_ARP);
  memcpy(frame + ETH, ethernet_ipv4, 6);
  put16(frame + ETH + 6, operation);
  memcpy(frame + ETH + 8, self->mac, 6);
  put32(frame + ETH + 14, self->address);
  memcpy(frame + ETH + 18, target_mac, 6);
  put32(frame + ETH + 24, target);
  net_send(ARP_END);
}

void ip_announce(const struct ip_host *self) {
  static const uint8_t everyone[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, nobody[6];
  send_arp(self, ARP_REQUEST, everyone, nobody, self->address);
}

static void arp_input(const struct ip_host *self, const uint8_t *frame) {
  if (get16(frame + ETH + 6) != ARP_REQUEST || get32(frame + ETH + 24) != self->address) return;
  send_arp(self, ARP_REPLY, frame + 6, frame + ETH + 8, get32(frame + ETH + 14));
}

// Ethernet and IPv4 headers of an answer to `from`; the payload of `length` bytes stands behind them already.
static void send_ip(const struct ip_host *self, uint8_t *frame, const uint8_t *from, unsigned protocol,
                    unsigned length) {
  uint8_t *ip = frame + ETH;
  put_ethernet(self, frame, from + 6, ETHERTYPE_IP);
  memset(ip, 0, 20);
  ip[0] = 0x45;
  put16(ip + 2, 20 + length);
  ip[8] = 64;
  ip[9] = (uint8_t)protocol;
  put32(ip + 12, self->address);
  put32(ip + 16, get32(from + ETH + 12));
  put16(ip + 10, checksum(ip, 20, 0));
  if (protocol == PROTOCOL_UDP) {
    unsigned sum = checksum(frame + IP_END, length, udp_pseudo_header(frame, length));
    put16(frame + IP_END + 6, sum == 0 ? 0xffff : sum);
  }
  net_send(IP_END + length);
}

static void icmp_input(const struct ip_host *self, const uint8_t *from, unsigned length) {
  if (length < 8 || from[IP_END] != ICMP_ECHO || checksum(from + IP_END, length, 0) != 0) return;
  uint8_t *frame = net_frame();
  memcpy(frame + IP_END, from + IP_END, length);
  frame[IP_END] = ICMP_ECHO_REPLY;
  put16(frame + IP_END + 2, 0);
  put16(frame + IP_END + 2, checksum(frame + IP_END, length, 0));
  send_ip(self, frame, from, PROTOCOL_ICMP, length);
}

static void udp_input(const struct ip_host *self, const uint8_t *from, unsigned length, udp_service *service) {
  if (length < 8 || get16(from + IP_END + 4) < 8 || get16(from + IP_END + 4) > length) return;
  unsigned udp_length = get16(from + IP_END + 4);
  if (get16(from + IP_END + 2) != self->port) return;
  bool has_checksum = get16(from + IP_END + 6) != 0;
  if (has_checksum && checksum(from + IP_END, udp_length, udp_pseudo_header(from, udp_length)) != 0) return;
  uint8_t *frame = net_frame();
  unsigned reply = service((const char *)from + UDP_END, udp_length - 8, (char *)frame + UDP_END);
  if (reply == 0) return;
  put16(frame + IP_END, self->port);
  put16(frame + IP_END + 2, get16(from + IP_END));
  put16(frame + IP_END + 4, 8 + reply);
  put16(frame + IP_END + 6, 0);
  send_ip(self, frame, from, PROTOCOL_UDP, 8 + reply);
}

static void ipv4_input(const struct ip_host *self, const uint8_t *frame, unsigned length, udp_service *service) {
  const uint8_t *ip = frame + ETH;
  unsigned total = get16(ip + 2);
  bool whole = (get16(ip + 6) & 0x3fff) == 0;  // more-fragments flag and fragment offset
  if (ip[0] != 0x45 || total < 20 || total > length - ETH || !whole || checksum(ip, 20, 0) != 0) return;
  if (get32(ip + 16) != self->address) return;
  if (ip[9] == PROTOCOL_ICMP) icmp_input(self, frame, total - 20);
  if (ip[9] == PROTOCOL_UDP) udp_input(self, frame, total - 20, service);
}

void ip_input(const struct ip_host *self, const uint8_t *frame, unsigned length, udp_service *service) {
  if (length > FRAME_MAX) return;
  if (length >= ARP_END && get16(frame + 12) == ETHERTYPE_ARP) arp_input(self, frame);
  if (length >= IP_END && get16(frame + 12) == ETHERTYPE_IP) ipv4_input(self, frame, length, service);
}

// As much of ARP, IPv4, ICMP and UDP as a server with one fixed address needs.
#ifndef IP_H
#define IP_H

#include "bytes.h"

struct ip_host {
  uint8_t mac[6];
  uint32_t address;
  uint16_t port;
};

// Serves one datagram: fills `reply` (UDP_MAX bytes at most) and returns its length; 0 for no answer.
#define UDP_MAX 1400
typedef unsigned udp_service(const char *request, unsigned length, char *reply);

// Tells the network who has this address.
void ip_announce(const struct ip_host *self);
// Answers one received frame, or drops it. Answers go to the hardware address that asked.
void ip_input(const struct ip_host *self, const uint8_t *frame, unsigned length, udp_service *service);

#endif

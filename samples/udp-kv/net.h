// Ethernet frames through a virtio network device, without offloads.
#ifndef NET_H
#define NET_H

#include "bytes.h"

#define FRAME_MAX 1514

// False when there is no network device. Fills in the device's address.
bool net_open(uint8_t mac[6]);
// Waits for a frame and returns it; it stays valid until net_release. *length is its size without the device's header.
uint8_t *net_receive(unsigned *length);
void net_release(void);
// Where to put the next frame to send, FRAME_MAX bytes. Waits while all places are taken.
uint8_t *net_frame(void);
// Sends the first `length` bytes of what net_frame gave.
void net_send(unsigned length);
// Waits until the device has taken every frame sent.
void net_drain(void);

#endif

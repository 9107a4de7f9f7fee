// Physical addresses and interrupt numbers of the board (the memory map of QEMU's `virt` machine).
// Not a driver: each device's registers are named in its own file. Shared by the firmware and by every sample.
#ifndef BOARD_H
#define BOARD_H

#define FINISHER_BASE 0x00100000UL
#define RTC_BASE 0x00101000UL
#define CLINT_BASE 0x02000000UL
#define CLINT_SIZE 0x00010000UL
#define PLIC_BASE 0x0c000000UL
#define UART_BASE 0x10000000UL
#define VIRTIO_BASE 0x10001000UL
#define VIRTIO_STRIDE 0x1000UL
#define VIRTIO_SLOTS 8
#define VIRTIO_IRQ(slot) (1 + (slot))
#define UART_IRQ 10
#define RAM_BASE 0x80000000UL

// Units of `time` (mtime) in a second.
#define TIME_HZ 10000000UL

#endif

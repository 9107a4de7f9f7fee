// Device register access of a stated width, ordered against other device and memory accesses by the caller.
#ifndef MMIO_H
#define MMIO_H

#include <stdint.h>

static inline uint8_t mmio_read8(unsigned long address) { return *(volatile uint8_t *)address; }
static inline uint32_t mmio_read32(unsigned long address) { return *(volatile uint32_t *)address; }
static inline uint64_t mmio_read64(unsigned long address) { return *(volatile uint64_t *)address; }
static inline void mmio_write8(unsigned long address, uint8_t value) { *(volatile uint8_t *)address = value; }
static inline void mmio_write32(unsigned long address, uint32_t value) { *(volatile uint32_t *)address = value; }
static inline void mmio_write64(unsigned long address, uint64_t value) { *(volatile uint64_t *)address = value; }

#endif

// The CLINT: software interrupts (msip), the timer's compare registers (mtimecmp) and the clock (mtime), per hart.
#ifndef CLINT_H
#define CLINT_H

#include "board.h"
#include "mmio.h"

static inline void clint_set_msip(unsigned long hart, uint32_t on) { mmio_write32(CLINT_BASE + 4 * hart, on); }
static inline void clint_set_mtimecmp(unsigned long hart, uint64_t at) {
  mmio_write64(CLINT_BASE + 0x4000 + 8 * hart, at);
}
static inline uint64_t clint_mtime(void) { return mmio_read64(CLINT_BASE + 0xbff8); }

#endif

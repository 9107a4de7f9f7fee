// The test finisher: one 32-bit register that ends or resets the machine.
#include "finisher.h"

#include "board.h"
#include "csr.h"
#include "mmio.h"

enum { FINISHER_FAIL = 0x3333, FINISHER_PASS = 0x5555, FINISHER_RESET = 0x7777 };

static __attribute__((noreturn)) void write_and_stop(uint32_t value) {
  mmio_write32(FINISHER_BASE, value);
  for (;;) wfi();
}

void finish(unsigned code) { write_and_stop(code == 0 ? FINISHER_PASS : FINISHER_FAIL | code << 16); }

void finish_reset(void) { write_and_stop(FINISHER_RESET); }

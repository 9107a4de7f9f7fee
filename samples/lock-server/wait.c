// The PLIC of ../common for a guest that also has a timer: waiting for a device ends leases meanwhile.
#include "board.h"
#include "csr.h"
#include "locks.h"
#include "mmio.h"
#include "plic.h"

#define PRIORITY(irq) (PLIC_BASE + 4UL * (irq))
#define ENABLE(irq) (PLIC_BASE + 0x2000 + 4UL * ((irq) / 32))
#define THRESHOLD (PLIC_BASE + 0x200000)
#define CLAIM (PLIC_BASE + 0x200004)

void plic_enable(unsigned irq) {
  mmio_write32(PRIORITY(irq), 1);
  mmio_write32(ENABLE(irq), mmio_read32(ENABLE(irq)) | 1U << irq % 32);
  mmio_write32(THRESHOLD, 0);
  csr_set(mie, 1UL << IRQ_MEI | 1UL << IRQ_MTI);
}

unsigned plic_wait(void) {
  unsigned irq;
  while ((irq = mmio_read32(CLAIM)) == 0) {
    wfi();
    if (csr_read(mip) & 1UL << IRQ_MTI) locks_expire();
  }
  return irq;
}

void plic_complete(unsigned irq) { mmio_write32(CLAIM, irq); }

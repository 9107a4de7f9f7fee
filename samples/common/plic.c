// The PLIC, for hart 0 in M-mode (context 0). RISC-V PLIC specification, "Memory Map".
// wfi goes on when an interrupt is pending and enabled in mie, also with mstatus.MIE = 0: no handler is needed.
#include "plic.h"

#include "board.h"
#include "csr.h"
#include "mmio.h"

#define PRIORITY(irq) (PLIC_BASE + 4UL * (irq))
#define ENABLE(irq) (PLIC_BASE + 0x2000 + 4UL * ((irq) / 32))
#define THRESHOLD (PLIC_BASE + 0x200000)
#define CLAIM (PLIC_BASE + 0x200004)

void plic_enable(unsigned irq) {
  mmio_write32(PRIORITY(irq), 1);
  mmio_write32(ENABLE(irq), mmio_read32(ENABLE(irq)) | 1U << irq % 32);
  mmio_write32(THRESHOLD, 0);
  csr_set(mie, 1UL << IRQ_MEI);
}

unsigned plic_wait(void) {
  unsigned irq;
  while ((irq = mmio_read32(CLAIM)) == 0) wfi();
  return irq;
}

void plic_complete(unsigned irq) { mmio_write32(CLAIM, irq); }

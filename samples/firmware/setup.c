// What M-mode decides for the modes below it, on each hart: protection, delegation, counters, environment.
// Privileged manual: "Machine-Level CSRs", "Physical Memory Protection"; the Sstc and Zkr extensions.
#include "board.h"
#include "clint.h"
#include "csr.h"
#include "guard.h"
#include "hart.h"

bool has_sstc;
bool has_time_csr;

#define PMP_NAPOT 0x18UL
#define PMP_RWX 7UL
#define NAPOT(base, size) ((base) >> 2 | ((size) / 8 - 1))

#define MENVCFG_CBIE_INVAL (3UL << 4)
#define MENVCFG_CBCFE (1UL << 6)
#define MENVCFG_CBZE (1UL << 7)
#define MENVCFG_STCE (1UL << 63)
#define MSECCFG_SSEED (1UL << 9)

#define COUNTERS_CY_TM_IR 7UL

// Instruction and data faults, breakpoints, illegal instructions and calls from U go to the supervisor.
#define DELEGATED_EXCEPTIONS 0xb1ffUL
#define EXCEPTION_ILLEGAL (1UL << 2)
#define DELEGATED_INTERRUPTS (1UL << IRQ_SSI | 1UL << IRQ_STI | 1UL << IRQ_SEI)

// The firmware and the CLINT are closed to S and U; the rest is open. Not locked: M-mode itself is not bound by these
// entries.
static void setup_pmp(void) {
  csr_write(pmpaddr0, NAPOT(RAM_BASE, FIRMWARE_SIZE));
  csr_write(pmpaddr1, NAPOT(CLINT_BASE, CLINT_SIZE));
  csr_write(pmpaddr2, -1UL);
  csr_write(pmpcfg0, PMP_NAPOT | PMP_NAPOT << 8 | (PMP_NAPOT | PMP_RWX) << 16);
  asm volatile("sfence.vma" ::: "memory");
}

// Bits that the hart does not have stay zero; menvcfg.ADUE and PBMTE stay as reset left them.
static void setup_environment(void) {
  unsigned long menvcfg, stimecmp;
  guarded_csr_set(CSR_MENVCFG, MENVCFG_STCE | MENVCFG_CBZE | MENVCFG_CBCFE | MENVCFG_CBIE_INVAL);
  guarded_csr_set(CSR_MSECCFG, MSECCFG_SSEED);
  has_sstc = guarded_csr_read(CSR_MENVCFG, &menvcfg) && (menvcfg & MENVCFG_STCE) &&
             guarded_csr_read(CSR_STIMECMP, &stimecmp);
}

void setup_hart(void) {
  unsigned long time;
  setup_pmp();
  setup_environment();
  has_time_csr = guarded_csr_read(time, &time);
  csr_write(medeleg, has_time_csr ? DELEGATED_EXCEPTIONS : DELEGATED_EXCEPTIONS & ~EXCEPTION_ILLEGAL);
  csr_write(mideleg, DELEGATED_INTERRUPTS);
  csr_write(mcounteren, COUNTERS_CY_TM_IR);
  csr_write(scounteren, COUNTERS_CY_TM_IR);
}

void reset_supervisor(unsigned long next_mode) {
  clint_set_mtimecmp(this_hart(), -1UL);
  if (has_sstc) csr_write(CSR_STIMECMP, -1UL);
  csr_write(satp, 0);
  csr_write(stvec, 0);
  csr_write(sscratch, 0);
  csr_clear(mip, 1UL << IRQ_SSI | 1UL << IRQ_STI);
  csr_write(mie, 1UL << IRQ_MSI);
  csr_clear(mstatus, MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP);
  csr_set(mstatus, next_mode << MSTATUS_MPP_SHIFT);
}

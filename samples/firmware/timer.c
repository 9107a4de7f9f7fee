// The supervisor's timer, and the SBI TIME extension (chapter 6).
// With Sstc the supervisor has its own compare register; without it the machine timer interrupt raises STIP.
#include "clint.h"
#include "csr.h"
#include "hart.h"
#include "sbi.h"

void timer_set(uint64_t at) {
  if (has_sstc) {
    csr_write(CSR_STIMECMP, at);
    return;
  }
  clint_set_mtimecmp(this_hart(), at);
  csr_clear(mip, 1UL << IRQ_STI);
  csr_set(mie, 1UL << IRQ_MTI);
}

void timer_interrupt(void) {
  csr_clear(mie, 1UL << IRQ_MTI);
  csr_set(mip, 1UL << IRQ_STI);
}

struct sbi_result ext_time(unsigned long function, const unsigned long arg[6]) {
  if (function != 0) return sbi_error(SBI_ERR_NOT_SUPPORTED);
  timer_set(arg[0]);
  return sbi_value(0);
}

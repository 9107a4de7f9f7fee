// A hart that does not run: at boot every hart but one, later those that called HSM hart_stop.
// It sleeps with only the software interrupt enabled, and never takes it: interrupts are off in M-mode.
#include "csr.h"
#include "hart.h"

void park(void) {
  struct hart *hart = &harts[this_hart()];
  csr_write(mie, 1UL << IRQ_MSI);
  csr_clear(mstatus, MSTATUS_MIE);
  set_hart_state(this_hart(), HART_STOPPED);
  for (;;) {
    // A fence asked for just before this hart stopped is still owed. A start is told by the state.
    remote_interrupt();
    if (hart_state(this_hart()) == HART_START_PENDING) break;
    wfi();
  }
  reset_supervisor(1);
  set_hart_state(this_hart(), HART_STARTED);
  enter(this_hart(), hart->start_argument, hart->start_address);
}

// The PLIC, for hart 0 in M-mode (context 0). Samples do not take its interrupt: they sleep with interrupts off and
// claim.
#ifndef PLIC_H
#define PLIC_H

// Lets interrupt `irq` through to this hart.
void plic_enable(unsigned irq);
// Sleeps until an enabled interrupt is pending and claims it: its number. The caller quiets the device, then completes
// it.
unsigned plic_wait(void);
void plic_complete(unsigned irq);

#endif

// Every trap that reaches M-mode: SBI calls, the interrupts of timer and mail, and what the hart does not do itself.
// A trap taken from M-mode is a defect of this firmware: it says so and fails with code 3.
#include "clint.h"
#include "csr.h"
#include "ecall.h"
#include "finisher.h"
#include "hart.h"
#include "print.h"

enum { ILLEGAL_INSTRUCTION = 2, ECALL_FROM_S = 9 };

// Hands the exception to the supervisor, as the hardware does when it is delegated (privileged manual, "Supervisor Trap
// Setup").
static void redirect(struct frame *frame, unsigned long cause, unsigned long value) {
  unsigned long mode = (frame->mstatus & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT;
  unsigned long status = frame->mstatus & ~(MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE | MSTATUS_MPP);
  if (mode == 1) status |= MSTATUS_SPP;
  if (frame->mstatus & MSTATUS_SIE) status |= MSTATUS_SPIE;
  csr_write(scause, cause);
  csr_write(sepc, frame->mepc);
  csr_write(stval, value);
  frame->mepc = csr_read(stvec) & ~3UL;
  frame->mstatus = status | 1UL << MSTATUS_MPP_SHIFT;
}

// csrrs rd, time, x0: the only form of access that reads a read-only CSR.
static bool emulate_time(struct frame *frame, unsigned long instruction) {
  if (has_time_csr || (instruction & 0xfffff07f) != 0xc0102073) return false;
  unsigned long rd = instruction >> 7 & 31;
  if (rd != 0) frame->x[rd] = clint_mtime();
  frame->mepc += 4;
  return true;
}

void trap(struct frame *frame) {
  unsigned long cause = csr_read(mcause), value = csr_read(mtval);
  if ((frame->mstatus & MSTATUS_MPP) == MSTATUS_MPP) {
    print("firmware: unexpected trap: mcause %lx mepc %lx mtval %lx\n", cause, frame->mepc, value);
    finish(3);
  }
  if (cause == (MCAUSE_INTERRUPT | IRQ_MTI)) timer_interrupt();
  else if (cause == (MCAUSE_INTERRUPT | IRQ_MSI)) remote_interrupt();
  else if (cause == ECALL_FROM_S) ecall(frame);
  else if (cause == ILLEGAL_INSTRUCTION && emulate_time(frame, value)) return;
  else redirect(frame, cause, value);
}

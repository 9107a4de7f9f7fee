# Context switch of `race`. A thread is preempted by the timer interrupt and resumed by mret; its context lies on its
# own stack.

#include "csr.h"
#include "race.h"

.macro for_saved_registers op
  .irp n, 1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  \op x\n, 8 * \n (sp)
  .endr
.endm

.text
.globl timer_vector
.balign 4
timer_vector:
  addi sp, sp, -CONTEXT_BYTES
  for_saved_registers sd
  csrr t0, mepc
  sd t0, CONTEXT_MEPC(sp)
  csrr a0, mcause
  bgez a0, not_the_timer
  mv a0, sp
  call on_timer
resume:
  mv sp, a0
  li t0, MSTATUS_MPP | MSTATUS_MPIE
  csrs mstatus, t0
  ld t0, CONTEXT_MEPC(sp)
  csrw mepc, t0
  for_saved_registers ld
  addi sp, sp, CONTEXT_BYTES
  mret

not_the_timer:
  csrr a1, mepc
  csrr a2, mtval
  call unexpected_trap

# a0 = the first thread's context. Callee-saved registers and the kernel's stack pointer wait in kernel_context.
.globl run_threads
run_threads:
  la t0, kernel_context
  sd sp, 0(t0)
  sd ra, 8(t0)
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
  sd s\n, 8 * \n + 16(t0)
  .endr
  j resume

# Where a thread's function returns to.
.globl thread_exit
thread_exit:
  csrci mstatus, MSTATUS_MIE
  call on_exit
  bnez a0, resume
  la t0, kernel_context
  ld sp, 0(t0)
  ld ra, 8(t0)
  .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
  ld s\n, 8 * \n + 16(t0)
  .endr
  ret

.bss
.balign 8
kernel_context: .space 14 * 8

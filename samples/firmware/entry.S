# Reset entry, trap entry and the way down to the next stage.
# At reset: a0 = hart id, a1 = device tree, a2 = struct fw_dynamic_info, or anything else (next_stage.c).
# RAM is what the loader put there: .data is not initialised again on a warm reset.

#include "hart.h"

#define INFO_MAGIC 0x4942534f
#define INFO_BOOT_HART 40

.section .text.start, "ax"
.globl _start
_start:
  csrw mie, zero
  li t0, MAX_HARTS
  bgeu a0, t0, sleep

  # One hart boots: the one that fw_dynamic_info names, or the first to arrive when it names none.
  beqz a2, first_come
  lwu t1, 0(a2)
  li t2, INFO_MAGIC
  bne t1, t2, first_come
  ld t1, INFO_BOOT_HART(a2)
  bgeu t1, t0, first_come
  beq a0, t1, boot
  j other
first_come:
  la t1, boot_lottery
  li t2, 1
  amoadd.w t1, t2, (t1)
  bnez t1, other

boot:
  la t0, __bss_start
  la t1, __bss_end
1:
  bgeu t0, t1, 2f
  sd zero, 0(t0)
  addi t0, t0, 8
  j 1b
2:
  fence rw, w
  la t0, bss_clean
  li t1, 1
  sw t1, 0(t0)
  la ra, boot_hart
  j use_stack

other:
  la t0, bss_clean
1:
  lw t1, 0(t0)
  beqz t1, 1b
  fence r, rw
  la ra, other_hart

# ra = where to go on, with a0..a2 kept and a stack.
use_stack:
  la sp, harts
  slli t0, a0, 12
  add sp, sp, t0
  li t0, HART_BYTES - FRAME_BYTES
  add sp, sp, t0
  csrw mscratch, sp
  la t0, trap_entry
  csrw mtvec, t0
  ret

sleep:
  wfi
  j sleep

.macro for_saved_registers op
  .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  \op x\n, 8 * \n (sp)
  .endr
.endm

.balign 4
trap_entry:
  csrrw sp, mscratch, sp
  for_saved_registers sd
  csrr t0, mscratch
  sd t0, 16(sp)
  csrw mscratch, sp
  csrr t0, mepc
  sd t0, FRAME_MEPC(sp)
  csrr t0, mstatus
  sd t0, FRAME_MSTATUS(sp)
  mv a0, sp
  call trap
  csrr sp, mscratch
  ld t0, FRAME_MSTATUS(sp)
  csrw mstatus, t0
  ld t0, FRAME_MEPC(sp)
  csrw mepc, t0
  for_saved_registers ld
  ld sp, 16(sp)
  mret

.globl enter
enter:
  csrw mepc, a2
  mret

.section .data
.balign 4
boot_lottery: .word 0
bss_clean: .word 0

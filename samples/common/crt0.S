# Start of every bare-metal sample: M-mode, at RAM_BASE, a0 = hart id, a1 = device tree.
# Hart 0 gets a stack and a clean .bss and calls main(device_tree); what main returns is the exit code. Other harts
# sleep. Traps that a sample does not expect end in unexpected_trap.

.section .text.start, "ax"
.globl _start
_start:
  csrw mie, zero
  bnez a0, sleep
.option push
.option norelax
  la gp, __global_pointer$
.option pop
  la sp, __stack_top
  la t0, trap_unexpected
  csrw mtvec, t0
  la t0, __bss_start
  la t1, __bss_end
1:
  bgeu t0, t1, 2f
  sd zero, 0(t0)
  addi t0, t0, 8
  j 1b
2:
  mv s0, a1
  call uart_init
  mv a0, s0
  call main
  call finish

sleep:
  wfi
  j sleep

.balign 4
trap_unexpected:
  csrr a0, mcause
  csrr a1, mepc
  csrr a2, mtval
  la sp, __stack_top
  call unexpected_trap

/** Where code lies: pages, instructions in two of them or within each other, and what is no instruction. */

import type { Scenario } from '../scenario.ts';

/** Goes on at `back`. */
const HANDLER = `
.org 0x7000
handler: csrrs t0, mcause, zero
  csrrs t0, mepc, zero
  addi a7, a7, 1
  la t0, back
  csrrw zero, mepc, t0
  mret`;

export const places: readonly Scenario[] = [
  {
    name: 'a jump to a fixed address is not one by a distance',
    ticks: 1000,
    compiled: 0.1,
    setUp: ({ machine }, { handler }) => machine.set('mtvec', handler!),
    code: `
back: addi a0, a0, 1
  call other
  andi t0, a0, 1
  beq t0, zero, far
  jalr ra, 16(zero)
  nop
  nop
  nop
other: addi a1, a1, 1
  ret
far: jalr zero, 16(zero)
  nop
  nop
  nop
  addi a2, a2, 1
  ret
  ${HANDLER}`,
  },
  {
    name: 'a body longer than a region',
    ticks: 5000,
    options: { regionInsns: 20 },
    code: `
loop: ${Array.from({ length: 100 }, (_, i) => `addi a${i % 8}, a${(i + 3) % 8}, ${i}`).join('\n')}
  j loop`,
  },
  {
    name: 'code over the end of a page',
    ticks: 3000,
    setUp: ({ machine }, { loop }) => machine.set('pc', loop!),
    code: `
.org 0xff0
loop: addi a0, a0, 1
  andi t0, a0, 1
  c.addi a2, 1
  beq t0, zero, there
here: addi a1, a1, 1
there: addi a2, a2, 1
  bne t0, zero, back
  j loop
back: j loop`,
  },
  {
    name: 'an instruction in two pages, in a loop and as its head',
    ticks: 3000,
    setUp: ({ machine }, { loop }) => machine.set('pc', loop!),
    code: `
.org 0xff2
loop: addi a0, a0, 1
  andi t0, a0, 3
  li a1, 1
split: addi a2, a2, 1
  bne t0, zero, loop
  addi a3, a3, 1
  c.beqz s1, split2
split2: andi t1, a3, 1
  bne t1, zero, split
  j loop`,
  },
  {
    name: 'a jump into the middle of an instruction',
    ticks: 1000,
    code: `
loop: addi a0, a0, 1
  andi t0, a0, 1
  beq t0, zero, long
  j middle
long: .2byte 0x0013    # with the next half: addi zero, zero, 0x58
middle: .2byte 0x0585  # by itself: c.addi a1, 1
  addi a2, a2, 1
  j loop`,
  },
  {
    name: 'what is no instruction, reached now and then',
    ticks: 1500,
    compiled: 0.3,
    setUp: ({ machine }, { handler }) => machine.set('mtvec', handler!),
    code: `
back: addi a0, a0, 1
  andi t0, a0, 7
  bne t0, zero, back
  .4byte 0xffffffff
  j back
  ${HANDLER}`,
  },
  {
    name: 'environment calls and breakpoints in a loop',
    ticks: 1500,
    compiled: 0.1,
    setUp: ({ machine }, { handler }) => machine.set('mtvec', handler!),
    code: `
back: addi a0, a0, 1
  andi t0, a0, 1
  beq t0, zero, second
  ecall
second: c.ebreak
  ${HANDLER}`,
  },
];

/** Code that is written to by stores while it is compiled. */

import { encode } from '../../../../../src/emu/isa/table.ts';
import type { Scenario } from '../scenario.ts';
import { A2_PLUS_5, bothWords, SWAP, storing } from './storing.ts';

export const codeStores: readonly Scenario[] = [
  storing(
    'a store to the next instruction',
    `
loop: addi a0, a0, 1
  ${SWAP}
  la t0, target
  sw t5, 0(t0)
target: addi a2, a2, 1
  j loop`,
  ),
  storing(
    'a store to an instruction in the same page, not in the same line, a few rounds ahead',
    `
loop: addi a0, a0, 1
  andi t1, a0, 15
  bne t1, zero, on
  ${SWAP}
  la t0, target
  sw t5, 0(t0)
on: j far
.org 0x200
far: addi a1, a1, 1
target: addi a2, a2, 1
  j loop`,
    { compiled: 0.3 },
  ),
  storing(
    'stores to data in a page with code, between the lines of code',
    `
  li a1, 0
loop: addi a0, a0, 1
  la t0, data
  andi t1, a0, 0x38
  add t0, t0, t1
  ld t2, 0(t0)
  add t2, t2, a0
  sd t2, 0(t0)
  sb a0, 5(t0)
  amoadd.d t3, a0, (t0)
  j loop
.org 0x400
data: .8byte 1`,
    { compiled: 0.9 },
  ),
  storing(
    'a store over the end of a line of data, into one of code',
    `
loop: addi a0, a0, 1
  andi t1, a0, 7
  bne t1, zero, on
  ${SWAP}
  la t0, target
  slli t2, t5, 32
  sd t2, -4(t0)
on: j target
.org 0x23c
  .4byte 0
target: addi a2, a2, 1
  addi a3, a3, 2
  j loop`,
    { compiled: 0.3 },
  ),
  storing(
    'a store to the second half of an instruction, which lies in another line',
    `
loop: addi a0, a0, 1
  andi t1, a0, 7
  bne t1, zero, on
  ${SWAP}
  la t0, target
  srli t2, t5, 16
  sh t2, 2(t0)
on: call f
  j loop
.org 0x23a
f: c.addi a3, 1
  c.addi a3, 2
target: j one
.org 0x280
one: addi a2, a2, 1
  ret
.org 0x2c0
two: addi a2, a2, 5
  ret`,
    {
      compiled: 0.3,
      setUp: ({ machine }, { target, one, two }) => {
        for (const [register, to] of [
          [30, one],
          [31, two],
        ] as const)
          machine.setX(register, BigInt(encode('jal', { rd: 0, imm: Number(to! - target!) })));
      },
    },
  ),
  storing(
    'stores to two functions of one page by turns',
    `
loop: addi a0, a0, 1
  call f
  call g
  andi t1, a0, 7
  bne t1, zero, loop
  ${SWAP}
  la t0, f
  andi t1, a0, 16
  beq t1, zero, write
  la t0, g
write: sw t5, 0(t0)
  j loop
.org 0x1000
f: addi a2, a2, 1
  ret
.org 0x1100
g: addi a2, a2, 1
  addi a3, a3, 1
  ret`,
    { compiled: 0.3 },
  ),
  storing(
    'a store over the end of a page into the code of the next',
    `
loop: addi a0, a0, 1
  andi t1, a0, 7
  bne t1, zero, on
  ${SWAP}
  la t0, target
  slli t2, t5, 32
  sd t2, -4(t0)
on: j target
.org 0x1000
target: addi a2, a2, 1
  addi a3, a3, 1
  j loop`,
    { compiled: 0.3 },
  ),
  storing(
    'a store that makes an instruction of another length',
    `
loop: addi a0, a0, 1
  andi t1, a0, 7
  bne t1, zero, target
  ${SWAP}
  la t0, target
  sw t5, 0(t0)
target: c.addi a2, 1
  c.addi a2, 2
  addi a3, a3, 1
  j loop`,
    {
      compiled: 0.1,
      setUp: ({ machine }) => {
        machine.setX(30, 0x0609_0605n); // c.addi a2, 1; c.addi a2, 2
        machine.setX(31, BigInt(A2_PLUS_5));
      },
    },
  ),
  storing(
    'stores with fence.i after them',
    `
loop: addi a0, a0, 1
  andi t1, a0, 31
  bne t1, zero, on
  ${SWAP}
  la t0, f
  sw t5, 0(t0)
  fence.i
on: call f
  j loop
.org 0x800
f: addi a2, a2, 1
  ret`,
    { compiled: 0.3 },
  ),
  storing(
    'floating-point stores to code',
    `
loop: addi a0, a0, 1
  andi t1, a0, 7
  bne t1, zero, target
  ${SWAP}
  fmv.w.x fa0, t5
  la t0, target
  fsw fa0, 0(t0)
target: addi a2, a2, 1
  j loop`,
    {
      compiled: 0.1,
      setUp: (guest) => {
        bothWords(guest);
        guest.machine.set('mstatus', 0x6000n);
      },
    },
  ),
  storing(
    'a called function that writes to its caller',
    `
loop: addi a0, a0, 1
  call f
target: addi a2, a2, 1
  j loop
.org 0x200
f: andi t1, a0, 7
  bne t1, zero, out
  ${SWAP}
  la t0, target
  sw t5, 0(t0)
out: ret`,
    { compiled: 0.1 },
  ),
];

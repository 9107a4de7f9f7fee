/** Code that is changed while it is compiled, by atomics, by devices and from outside; code that comes and goes. */

import type { Guest } from '../guest.ts';
import type { Scenario } from '../scenario.ts';
import { A2_PLUS_1, A2_PLUS_5, bothWords, SWAP, storing } from './storing.ts';

const putWord = (guest: Guest, pa: bigint, word: number): void =>
  guest.ram.write(pa, new Uint8Array(Uint32Array.of(word).buffer));

export const codeChanges: readonly Scenario[] = [
  storing(
    'an atomic on code',
    `
loop: addi a0, a0, 1
  la t0, target
  ${SWAP}
  amoswap.w t4, t5, (t0)
  addi a1, a1, 1
target: addi a2, a2, 1
  add a3, a3, t4
  j loop`,
  ),
  storing(
    'an atomic on code elsewhere, which leaves it as it is',
    `
loop: addi a0, a0, 1
  la t0, target
  amoor.w t4, zero, (t0)
  j target
.org 0x340
target: addi a2, a2, 1
  add a3, a3, t4
  j loop`,
  ),
  storing(
    'SC to code',
    `
loop: addi a0, a0, 1
  la t0, target
  ${SWAP}
  lr.w t4, (t0)
  andi t1, a0, 4
  beq t1, zero, sure
  addi t0, t0, 64
sure: sc.w t4, t5, (t0)
  add a1, a1, t4
target: addi a2, a2, 1
  j loop`,
  ),
  storing(
    'LR and SC beside code',
    `
loop: addi a0, a0, 1
  la t0, data
retry: lr.d t4, (t0)
  addi t4, t4, 3
  sc.d t3, t4, (t0)
  bne t3, zero, retry
  j loop
.org 0x300
data: .8byte 0`,
    { compiled: 0.6 },
  ),
  {
    name: 'a device that copies over code',
    ticks: 3000,
    compiled: 0.3,
    setUp: ({ machine }, { loop }) => {
      machine.setX(9, 0x1000_0100n);
      machine.setX(20, loop!);
    },
    code: `
loop: addi a0, a0, 1
  andi t1, a0, 7
  bne t1, zero, on
  la t0, target
  sd t0, 8(s1)
  la t2, one
  andi t1, a0, 8
  beq t1, zero, copy
  la t2, two
copy: sd t2, 0(s1)
on: addi a1, a1, 1
  j target
.org 0x400
one: addi a2, a2, 1
  jr s4
.org 0x440
two: addi a2, a2, 5
  jr s4
.org 0x1000
target: addi a3, a3, 1
  j loop`,
  },
  {
    name: 'code changed from outside between steps',
    ticks: 3000,
    code: `
loop: addi a0, a0, 1
  call f
  j loop
.org 0x200
f: addi a1, a1, 1
target: addi a2, a2, 1
  ret`,
    events: Array.from({ length: 20 }, (_, i) => ({
      at: 100 + 137 * i,
      happens: (guest: Guest) => putWord(guest, 0x8000_0204n, i % 2 === 0 ? A2_PLUS_5 : A2_PLUS_1),
    })),
  },
  {
    name: 'code that is written to all the time',
    ticks: 6000,
    compiled: 0,
    setUp: bothWords,
    code: `
loop: addi a0, a0, 1
  ${SWAP}
  la t0, target
  sw t5, 0(t0)
  j over
.org 0x300
over: addi a1, a1, 1
target: addi a2, a2, 1
  j loop`,
  },
  {
    name: 'code moved by a copying loop, and run in its new place',
    ticks: 12_000,
    setUp: bothWords,
    compiled: 0.3,
    code: `
again: addi a0, a0, 1
  la t0, piece
  la t1, place
  slli t2, a0, 6
  andi t2, t2, 0x3c0
  add t1, t1, t2
  add s2, t1, zero
  li t3, 16
copy: lw t4, 0(t0)
  sw t4, 0(t1)
  addi t0, t0, 4
  addi t1, t1, 4
  addi t3, t3, -1
  bne t3, zero, copy
  ${SWAP}
  sw t5, 4(s2)
  li s3, 10
run: jalr ra, 0(s2)
  addi s3, s3, -1
  bne s3, zero, run
  j again
.org 0x300
piece: addi a1, a1, 1
  addi a2, a2, 1
  andi t4, a1, 1
  beq t4, zero, out
  addi a3, a3, 1
out: ret
.org 0x2000
place: .8byte 0`,
  },
];

/** Calls and returns in compiled code, as deep as they go. */

import type { Scenario } from '../scenario.ts';

/** Every register and many kinds of instructions, each of which wants temporaries of its own. */
const MUCH = [
  ...Array.from({ length: 16 }, (_, i) => `fmadd.d ft${i % 8}, fs${i % 12}, fa${i % 8}, ft${8 + (i % 4)}`),
  ...Array.from({ length: 12 }, (_, i) => `mulhu s${i}, s${(i + 5) % 12}, t${i % 7}`),
  ...Array.from({ length: 12 }, (_, i) => `div s${i}, s${(i + 5) % 12}, t${3 + (i % 4)}`),
  'fsqrt.s fa1, fa2\n fdiv.d fa3, fa4, fa5\n fcvt.l.d t3, fa3\n fcvt.s.w fs2, t4',
  'amoadd.d t5, t6, (gp)\n amomaxu.w t5, t6, (gp)',
  'lr.w t3, (gp)\n sc.w t4, t5, (gp)\n lb t1, 3(gp)\n sd t1, 8(gp)\n csrrs t3, instret, zero\n cpop t1, t2',
].join('\n');

export const calls: readonly Scenario[] = [
  {
    name: 'calls and returns',
    ticks: 3000,
    code: `
loop: addi a0, a0, 1
  call f
  call g
  jal t0, h
  j loop
.org 0x200
f: addi a1, a1, 1
  c.addi a1, 2
  ret
.org 0x300
g: c.mv s1, ra
  call f
  jal t0, h
  c.mv ra, s1
  c.jr ra
.org 0x400
h: add a2, a2, a1
  jr t0`,
  },
  {
    name: 'recursion as deep as calls become calls, and deeper',
    ticks: 20_000,
    setUp: ({ machine }) => machine.setX(2, 0x8001_f000n),
    code: `
again: addi a0, a0, 1
  li a1, 400
  call f
  j again
.org 0x100
f: c.addi16sp sp, -16
  c.sdsp ra, 8(sp)
  c.addi a1, -1
  c.beqz a1, leaf
  call f
leaf: addi a3, a3, 1
  c.ldsp ra, 8(sp)
  c.addi16sp sp, 16
  ret`,
  },
  {
    name: 'calls that never come back',
    ticks: 100_000,
    code: `
f: addi a0, a0, 1
  call f
  addi a1, a1, 1
  j f`,
  },
  {
    name: 'recursion of a function with much to keep',
    ticks: 200_000,
    setUp: ({ machine }) => {
      machine.set('mstatus', 0x6000n);
      machine.setX(2, 0x8001_f000n);
      machine.setX(3, 0x8001_0000n);
    },
    code: `
again: addi a0, a0, 1
  li a1, 300
  call f
  j again
.org 0x100
f: c.addi16sp sp, -16
  c.sdsp ra, 8(sp)
  ${MUCH}
  c.addi a1, -1
  c.beqz a1, leaf
  call f
leaf: addi a3, a3, 1
  ${MUCH}
  c.ldsp ra, 8(sp)
  c.addi16sp sp, 16
  ret`,
  },
  {
    name: 'calls and jumps through registers',
    ticks: 3000,
    code: `
loop: addi a0, a0, 1
  la t1, table
  andi t2, a0, 3
  sh3add t1, t2, t1
  ld t1, 0(t1)
  jalr ra, 0(t1)
  addi a1, a1, 1
  la t1, loop
  jr t1
.org 0x100
f0: addi a2, a2, 1
  ret
f1: addi a3, a3, 1
  ret
f2: addi a4, a4, 1
  c.addi ra, -4
  jalr zero, 4(ra)
f3: addi a5, a5, 1
  j f0
.org 0x400
table: .8byte f0
  .8byte f1
  .8byte f2
  .8byte f3`,
  },
  {
    name: 'a return to somewhere else than behind the call',
    ticks: 2000,
    code: `
loop: addi a0, a0, 1
  call f
  addi a1, a1, 1
  addi a2, a2, 1
  j loop
f: andi t0, a0, 1
  beq t0, zero, out
  addi ra, ra, 4
out: ret`,
  },
];

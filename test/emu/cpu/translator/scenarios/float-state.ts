/** Rounding modes, flags and the state of the floating-point unit, changed under compiled code. */

import type { Scenario } from '../scenario.ts';
import { ARITHMETIC, FS, LOOK, withValues } from './values.ts';

/** Turns the unit on and goes on with the instruction that wanted it; a5 counts. */
const TURN_ON = `
.org 0x2000
handler: csrrs t5, mcause, zero
  add a6, a6, t5
  addi a5, a5, 1
  li t6, 0x2000
  csrrs zero, mstatus, t6
  mret`;

export const floatState: readonly Scenario[] = [
  {
    name: 'a rounding mode that is none',
    ticks: 3000,
    compiled: 0.2,
    setUp: withValues,
    code: `
loop: addi a0, a0, 1
  andi t0, a0, 7
  csrrw zero, frm, t0
  fadd.d ft0, fa0, fa4
  fadd.d ft1, fa0, fa4, rtz
  feq.d t1, ft0, ft1
  add a1, a1, t1
  j loop
.org 0x2000
handler: addi a5, a5, 1
  csrrwi zero, frm, 0
  mret`,
  },
  {
    name: 'the unit turned off in a loop',
    ticks: 5000,
    compiled: 0.2,
    setUp: (guest, labels) => withValues(guest, labels, FS.off),
    code: `
loop: addi a0, a0, 1 ${ARITHMETIC}
  csrrs t0, mstatus, zero
  add a4, a4, t0
  andi t0, a0, 3
  bne t0, zero, loop
  li t1, 0x6000
  csrrc zero, mstatus, t1
  addi a1, a1, 1
  fld fa0, 0(s1)
  csrrc zero, mstatus, t1
  fsd fa0, 64(s1)
  csrrc zero, mstatus, t1
  call f
  j loop
f: csrrs t0, mstatus, zero
  add a4, a4, t0
  fmv.d.x ft0, a0
  ret ${TURN_ON}`,
  },
  ...(['initial', 'clean'] as const).map(
    (state): Scenario => ({
      name: `what makes the unit's state dirty, from ${state}`,
      ticks: 6000,
      compiled: 0.02,
      setUp: (guest, labels) => {
        withValues(guest, labels, FS[state]);
        guest.machine.setX(18, FS.dirty);
        guest.machine.setX(19, FS[state]);
      },
      code: [
        'fadd.d ft0, fa0, fa1',
        'fmv.x.d t0, fa0',
        'fsd fa0, 64(s1)',
        'fld ft0, 0(s1)',
        'feq.d t0, fa0, fa7',
        'flt.d t0, fa0, fa7',
        'fclass.d t0, fa0',
        'fcvt.l.d t0, fa3',
        'fcvt.w.d t0, fa0',
        'fsgnjx.d ft0, fa0, fa1',
        'fmin.s ft0, fs0, fs1',
        'fmv.d.x ft0, a0',
        'csrrs t0, fcsr, zero',
        'csrrsi t0, fflags, 1',
      ]
        .reduce(
          (code, line) => `${code}
  csrrc zero, mstatus, s2
  csrrs zero, mstatus, s3
  ${line}
  add a2, a2, t0
  csrrs t1, mstatus, zero
  add a1, a1, t1
  xor a3, a3, t1
  slli a3, a3, 1`,
          'loop: addi a0, a0, 1\n csrrwi zero, fflags, 0',
        )
        .concat('\n j loop'),
    }),
  ),
  {
    name: 'flags cleared now and then, in a function that is called',
    ticks: 6000,
    setUp: withValues,
    code: `
loop: addi a0, a0, 1 ${ARITHMETIC}
  andi t0, a0, 3
  bne t0, zero, on
  call clear
on: fadd.d fa0, fa0, fa4 ${LOOK}
  j loop
clear: csrrw zero, fflags, zero
  ret`,
  },
  {
    name: 'every rounding mode in turn',
    ticks: 8000,
    setUp: withValues,
    code: `
loop: addi a0, a0, 1
  andi t0, a0, 3
  csrrw zero, frm, t0 ${ARITHMETIC} ${LOOK}
  fcvt.l.d t0, fa1
  add a4, a4, t0
  fcvt.w.s t0, fs1, rmm
  add a4, a4, t0
  fcvt.d.l fa0, a0, rup
  fcvt.s.d fs0, fa4
  j loop`,
  },
];

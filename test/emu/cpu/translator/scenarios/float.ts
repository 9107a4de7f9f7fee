/** Floating point in compiled code: results and flags, in and between blocks. */

import type { Scenario } from '../scenario.ts';
import { ARITHMETIC, LOOK, withValues } from './values.ts';

export const float: readonly Scenario[] = [
  {
    name: 'sums of products',
    ticks: 4000,
    setUp: withValues,
    code: `
loop: addi a0, a0, 1
  andi t0, a0, 7
  sh3add t1, t0, s1
  fld ft0, 0(t1)
  fld ft1, 8(t1)
  fmadd.d fa1, ft0, fa4, fa1
  fadd.d fa0, fa0, ft1
  fsd fa1, 128(t1)
  flw ft2, 4(t1)
  fadd.s fs0, fs0, ft2
  fsw fs0, 192(t1)
  j loop`,
  },
  {
    name: 'all of it, with the flags read each time',
    ticks: 4000,
    setUp: withValues,
    code: `loop: addi a0, a0, 1 ${ARITHMETIC} ${LOOK}\n csrrwi zero, fflags, 0\n j loop`,
  },
  {
    name: 'flags that stay raised',
    ticks: 4000,
    setUp: withValues,
    code: `loop: addi a0, a0, 1 ${ARITHMETIC} ${LOOK}\n j loop`,
  },
  {
    name: 'NaNs, infinities and what is no single in a register',
    ticks: 4000,
    setUp: withValues,
    code: `
loop: addi a0, a0, 1
  fadd.s ft0, fa0, fs0
  fmv.x.d t0, ft0
  add a1, a1, t0
  fsgnjn.s ft1, fa7, fs0
  fmv.x.d t0, ft1
  add a2, a2, t0
  fmul.d ft2, fa6, fa5
  fmv.x.d t0, ft2
  add a3, a3, t0
  fmv.d.x ft3, a0
  fmv.w.x ft4, t0
  fmax.d ft5, ft3, fa7
  fmin.d ft6, fa5, fa6
  fclass.s t1, ft4
  add a4, a4, t1
  fsgnj.d ft7, ft2, fa1
  fsd ft7, 64(s1)
  ld t2, 64(s1)
  add a5, a5, t2
  csrrs t0, fflags, zero
  add a6, a6, t0
  j loop`,
  },
  {
    name: 'in calls, with registers of both files across them',
    ticks: 8000,
    setUp: (guest, labels) => {
      withValues(guest, labels);
      guest.machine.setX(2, 0x8001_f000n);
    },
    code: `
loop: addi a0, a0, 1
  li a1, 9
  call f
  fadd.d fs2, fs2, fa0
  j loop
f: c.addi16sp sp, -32
  c.sdsp ra, 24(sp)
  c.fsdsp fs3, 16(sp)
  fadd.d fs3, fa0, fa4
  c.addi a1, -1
  c.beqz a1, leaf
  call f
leaf: fmul.d fa0, fs3, fa4
  fcvt.d.w fs4, a1
  fadd.d fa0, fa0, fs4
  c.fldsp fs3, 16(sp)
  c.ldsp ra, 24(sp)
  c.addi16sp sp, 32
  ret`,
  },
  {
    name: 'underflow, overflow and division by zero',
    ticks: 4000,
    setUp: withValues,
    code: `
loop: addi a0, a0, 1
  csrrwi zero, fflags, 0
  fmul.d ft0, fa2, fa4
  csrrs t0, fflags, zero
  sh1add a1, a1, t0
  fmul.d ft1, fa3, fa3
  csrrs t0, fflags, zero
  sh1add a1, a1, t0
  fdiv.d ft2, fa0, fa5
  csrrs t0, fflags, zero
  sh1add a1, a1, t0
  fsqrt.d ft3, fa1
  csrrs t0, fflags, zero
  sh1add a1, a1, t0
  fcvt.s.d ft4, fa2
  fcvt.wu.d t1, fa1
  add a2, a2, t1
  fcvt.lu.s t1, fs6
  add a2, a2, t1
  csrrs t0, fflags, zero
  sh1add a1, a1, t0
  j loop`,
  },
];

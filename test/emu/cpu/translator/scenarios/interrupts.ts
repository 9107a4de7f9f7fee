/** Interrupts in the middle of compiled code: timers, lines, waiting. */

import type { Scenario } from '../scenario.ts';
import { HANDLER, interruptible, line, MEI, MSI, MTI, NEXT_TIMER, timed } from './handler.ts';

export const interrupts: readonly Scenario[] = [
  {
    name: 'a timer that keeps coming in a loop',
    ticks: 6000,
    setUp: timed,
    code: `
loop: addi a0, a0, 1
  c.addi a1, 1
  add a2, a2, a0
  andi t0, a0, 7
  bne t0, zero, loop
  ld t1, 8(s11)
  addi t1, t1, 3
  sd t1, 8(s11)
  j loop
  ${HANDLER} ${NEXT_TIMER}`,
  },
  {
    name: 'a timer in calls and recursion',
    ticks: 20_000,
    setUp: (guest, labels) => {
      timed(guest, labels);
      guest.machine.setX(2, 0x8001_f000n);
    },
    code: `
again: addi a0, a0, 1
  li a1, 60
  call f
  j again
f: c.addi16sp sp, -16
  c.sdsp ra, 8(sp)
  c.addi a1, -1
  c.beqz a1, leaf
  call f
leaf: addi a3, a3, 1
  c.ldsp ra, 8(sp)
  c.addi16sp sp, 16
  ret
  ${HANDLER} ${NEXT_TIMER}`,
  },
  {
    name: 'a timer set again and again by the loop itself',
    ticks: 4000,
    setUp: timed,
    code: `
loop: addi a0, a0, 1
  csrrs t0, time, zero
  andi t1, a0, 31
  addi t1, t1, 5
  add t0, t0, t1
  csrrw zero, stimecmp, t0
  li t2, 10
spin: addi a1, a1, 1
  addi t2, t2, -1
  bne t2, zero, spin
  j loop
  ${HANDLER}
  li t3, -1
  csrrw zero, stimecmp, t3
  mret`,
  },
  {
    name: 'a line that is driven from outside',
    ticks: 4000,
    setUp: (guest, labels) => interruptible(guest, labels, MEI),
    events: Array.from({ length: 24 }, (_, i) => ({ at: 90 + 151 * i, happens: line(BigInt(1 - (i & 1))) })),
    code: `
loop: addi a0, a0, 1
  call f
  j loop
f: addi a1, a1, 1
  andi t0, a1, 3
  beq t0, zero, out
  addi a2, a2, 1
out: ret
  ${HANDLER}
  addi s1, s1, 1
  andi t3, s1, 7
  beq t3, zero, mask
  mret
mask: csrrwi zero, mie, 0
  mret`,
  },
  {
    name: 'a line that the loop drives by a device register',
    ticks: 4000,
    compiled: 0.3,
    setUp: (guest, labels) => interruptible(guest, labels, MEI | MSI),
    code: `
loop: addi a0, a0, 1
  andi t0, a0, 15
  bne t0, zero, on
  li t1, 0x7f8
  addi t1, t1, 8
  sd t1, 0(s0)
on: addi a1, a1, 1
  addi a2, a2, 1
  j loop
  ${HANDLER}
  sd zero, 0(s0)
  mret`,
  },
  {
    name: 'interrupts enabled and disabled in a loop, one pending',
    ticks: 3000,
    setUp: (guest, labels) => {
      interruptible(guest, labels, MEI);
      guest.machine.set('lines', MEI);
      guest.machine.set('mstatus', 0n);
    },
    code: `
loop: addi a0, a0, 1
  andi t0, a0, 7
  bne t0, zero, on
  csrrsi zero, mstatus, 8
  addi a1, a1, 1
  csrrci zero, mstatus, 8
on: addi a2, a2, 1
  j loop
  ${HANDLER}
  li t3, 0x80
  csrrc zero, mstatus, t3
  mret`,
  },
  {
    name: 'waiting for an interrupt from outside',
    ticks: 3000,
    compiled: 0.3,
    setUp: (guest, labels) => interruptible(guest, labels, MEI),
    events: Array.from({ length: 40 }, (_, i) => ({ at: 30 + 70 * i, happens: line(1n) })),
    code: `
loop: addi a0, a0, 1
  li t0, 11
work: addi a1, a1, 1
  addi t0, t0, -1
  bne t0, zero, work
  andi t0, a0, 3
  bne t0, zero, loop
  wfi
  addi a2, a2, 1
  j loop
  ${HANDLER}
  sd zero, 0(s0)
  mret`,
  },
  {
    name: 'waiting with interrupts off, and with the timer due already',
    ticks: 3000,
    compiled: 0.3,
    setUp: (guest, labels) => {
      interruptible(guest, labels, MTI);
      guest.machine.set('mstatus', 0n);
      guest.machine.set('lines', MTI);
      guest.machine.set('mtimecmp', 0n);
      guest.machine.set('rate', 1n << 24n);
    },
    code: `
loop: addi a0, a0, 1
  wfi
  addi a1, a1, 1
  andi t0, a0, 7
  bne t0, zero, loop
  addi a2, a2, 1
  j loop
  ${HANDLER} mret`,
  },
];

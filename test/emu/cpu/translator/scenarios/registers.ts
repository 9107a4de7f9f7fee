/** Registers of devices and of the hart read and written in loops: counters, CSRs, reservations. */

import { DEVICE, type Guest } from '../guest.ts';
import type { Scenario } from '../scenario.ts';
import { HANDLER, interruptible, NEXT_TIMER, timed } from './handler.ts';

export const registers: readonly Scenario[] = [
  {
    name: 'counters and time read in a loop',
    ticks: 3000,
    setUp: timed,
    code: `
loop: csrrs t0, mcycle, zero
  add a0, a0, t0
  csrrs t1, minstret, zero
  c.add a1, t1
  csrrs t2, time, zero
  add a2, a2, t2
  andi t0, t0, 15
  bne t0, zero, loop
  csrrw zero, mcycle, a3
  csrrwi zero, mcountinhibit, 1
  csrrs a4, mcycle, zero
  csrrwi zero, mcountinhibit, 0
  csrrs t0, mip, zero
  add a3, a3, t0
  j loop
  ${HANDLER} ${NEXT_TIMER}`,
  },
  {
    name: 'device registers read and written in loops',
    ticks: 4000,
    compiled: 0.2,
    setUp: (guest, labels) => interruptible(guest, labels, 0n),
    code: `
loop: addi a0, a0, 1
  ld t0, 0x110(s0)
  add a1, a1, t0
  lw t1, 0x110(s0)
  lbu t2, 0x111(s0)
  add a2, a2, t1
  add a2, a2, t2
  sw a0, 0x20(s0)
  sd a2, 0x28(s0)
  ld t3, 0x20(s0)
  add a3, a3, t3
  andi t0, a0, 3
  bne t0, zero, loop
  lh t0, 0x21(s0)
  sd t0, 0x24(s0)
  amoadd.d t0, a0, (s0)
  j loop
  ${HANDLER} mret`,
  },
  {
    name: 'a device that asks the engine to leave',
    ticks: 2000,
    compiled: 0.3,
    setUp: (guest, labels) => {
      interruptible(guest, labels, 0n);
      guest.machine.setX(9, DEVICE + 0x800n);
    },
    code: `
loop: addi a0, a0, 1
  andi t0, a0, 15
  bne t0, zero, on
  sd a0, 0(s1)
on: addi a1, a1, 1
  j loop
  ${HANDLER} mret`,
  },
  {
    name: 'a reservation over calls, traps and stores of others',
    ticks: 4000,
    setUp: (guest, labels) => {
      timed(guest, labels);
      guest.machine.setX(9, 0x8000_8040n);
    },
    events: Array.from({ length: 10 }, (_, i) => ({
      at: 200 + 333 * i,
      happens: ({ ram }: Guest) => ram.write(0x8000_8040n, Uint8Array.of(i)),
    })),
    code: `
loop: addi a0, a0, 1
  lr.d t0, (s1)
  addi t0, t0, 1
  call f
  sc.d t1, t0, (s1)
  add a1, a1, t1
  sc.d t1, t0, (s1)
  add a2, a2, t1
  j loop
f: addi a3, a3, 1
  ret
  ${HANDLER} ${NEXT_TIMER}`,
  },
  {
    name: 'CSRs of the machine read, set and cleared',
    ticks: 3000,
    setUp: (guest, labels) => interruptible(guest, labels, 0n),
    code: `
loop: addi a0, a0, 1
  csrrw t0, mscratch, a0
  add a1, a1, t0
  csrrs t0, sscratch, a1
  csrrc t1, sscratch, a0
  add a2, a2, t0
  xor a3, a3, t1
  csrrs t0, mhartid, zero
  csrrs t1, misa, zero
  add a4, a4, t1
  csrrwi t0, fcsr, 9
  add a4, a4, t0
  andi t2, a0, 15
  bne t2, zero, loop
  csrrs t0, 0x7c0, zero
  csrrw zero, mhartid, zero
  j loop
  ${HANDLER} mret`,
  },
];

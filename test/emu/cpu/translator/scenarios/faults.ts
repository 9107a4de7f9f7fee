/** Privilege modes, page faults, A and D bits and accesses that are not aligned, in the middle of compiled code. */

import { RAM } from '../guest.ts';
import type { Scenario } from '../scenario.ts';
import { inMode, leafAt, PAGE, putSpace, remapAt, supervisor, TABLES, USER, USUAL, V_RWX } from './sv39.ts';

export const faults: readonly Scenario[] = [
  {
    name: 'from U to S by environment calls, and back',
    ticks: 6000,
    compiled: 0.3,
    setUp: (guest, { user, handler }) => {
      putSpace(guest, 0, (page) => (page === 4 || page === 6 ? USUAL | USER : USUAL));
      inMode(guest, 0n);
      guest.machine.set('pc', user!);
      guest.machine.set('stvec', handler!);
      guest.machine.set('medeleg', 0xb3ffn);
    },
    code: `
.org 0x2000
handler: csrrw sp, sscratch, sp
  csrrs t0, sepc, zero
  csrrs t1, scause, zero
  addi t0, t0, 4
  csrrw zero, sepc, t0
  li t2, 20
work: addi a5, a5, 1
  addi t2, t2, -1
  bne t2, zero, work
  csrrw sp, sscratch, sp
  sret
.org 0x4000
user: addi a0, a0, 1
  li t0, 30
spin: addi a1, a1, 1
  la t3, data
  ld t4, 0(t3)
  add t4, t4, a1
  sd t4, 0(t3)
  addi t0, t0, -1
  bne t0, zero, spin
  ecall
  j user
.org 0x6000
data: .8byte 0`,
  },
  {
    name: 'page faults in the middle of a block, mended by the handler',
    ticks: 6000,
    compiled: 0.2,
    setUp: (guest, { handler }) => {
      putSpace(guest, 0, (page) => (page >= 8 && page < 16 ? 0n : USUAL));
      inMode(guest, 1n);
      const { machine } = guest;
      machine.set('stvec', handler!);
      machine.set('medeleg', 0xb3ffn);
      machine.setX(8, RAM + BigInt(leafAt(0, 8)));
      machine.setX(9, ((RAM + 0xa000n) >> 2n) | USUAL);
      machine.setX(18, RAM + 0x8000n);
    },
    code: `
loop: addi a0, a0, 1
  addi a1, a1, 1
  ld t0, 8(s2)
  addi a2, a2, 1
  sd a0, 16(s2)
  addi a3, a3, 1
  lw t1, 16(s2)
  add a4, a4, t1
  andi t2, a0, 31
  bne t2, zero, loop
  sd zero, 0(s0)
  sfence.vma s2, zero
  j loop
.org 0x2000
handler: csrrs t5, scause, zero
  csrrs t6, stval, zero
  add a5, a5, t5
  add a6, a6, t6
  sd s1, 0(s0)
  sret`,
  },
  {
    name: 'a page of code that goes away and comes back',
    ticks: 6000,
    compiled: 0.2,
    setUp: (guest, { handler }) => {
      supervisor(guest);
      const { machine } = guest;
      machine.set('stvec', handler!);
      machine.set('medeleg', 0xb3ffn);
      machine.setX(8, RAM + BigInt(leafAt(0, 4)));
      machine.setX(9, ((RAM + 0x4000n) >> 2n) | USUAL);
    },
    code: `
loop: addi a0, a0, 1
  call f
  andi t2, a0, 31
  bne t2, zero, loop
  sd zero, 0(s0)
  la t0, f
  sfence.vma t0, zero
  j loop
.org 0x2000
handler: csrrs t5, scause, zero
  csrrs t6, stval, zero
  add a5, a5, t5
  add a6, a6, t6
  sd s1, 0(s0)
  sret
.org 0x4000
f: addi a1, a1, 1
  addi a2, a2, 1
  ret`,
  },
  {
    name: 'A and D bits set by accesses, and read',
    ticks: 5000,
    setUp: (guest) => {
      putSpace(guest, 0, (page) => (page >= 8 && page < 16 ? V_RWX : USUAL));
      inMode(guest, 1n);
      const { machine } = guest;
      machine.set('menvcfg', 1n << 61n);
      machine.setX(8, RAM + BigInt(leafAt(0, 8)));
      machine.setX(9, RAM + 0x8000n);
    },
    code: `
loop: addi a0, a0, 1
  andi t0, a0, 7
  slli t1, t0, 12
  add t1, t1, s1
  sh3add t2, t0, s0
  ld t3, 0(t2)
  ld t4, 0(t1)
  ld t5, 0(t2)
  sd t5, 8(t1)
  ld t6, 0(t2)
  add a1, a1, t3
  add a2, a2, t5
  add a3, a3, t6
  andi t6, a0, 63
  bne t6, zero, loop
  sfence.vma zero, zero
  li t5, 15
  sd a1, 0(t1)
  j loop`,
  },
  {
    name: 'a page table in a page of code, whose A and D bits are set',
    ticks: 4000,
    compiled: 0.1,
    setUp: (guest) => {
      putSpace(guest, 0, () => USUAL);
      inMode(guest, 1n);
      const { machine } = guest;
      machine.set('menvcfg', 1n << 61n);
      // The last table moves into the page of the loop, beside and between its lines.
      for (let page = 0; page < 32; page++) {
        const pte = ((RAM + BigInt(page * PAGE)) >> 2n) | (page >= 8 ? V_RWX : USUAL);
        machine.view.setBigUint64(machine.layout.ramAt + 0x1000 + 8 * page, pte, true);
      }
      machine.view.setBigUint64(machine.layout.ramAt + TABLES + PAGE, ((RAM + 0x1000n) >> 2n) | 1n, true);
      machine.set('pc', RAM + 0x1100n);
      machine.setX(8, RAM + 0x1040n);
      machine.setX(9, RAM + 0x8000n);
    },
    code: `
.org 0x1100
loop: addi a0, a0, 1
  andi t0, a0, 7
  slli t1, t0, 12
  add t1, t1, s1
  sh3add t2, t0, s0
  ld t4, 0(t1)
  sd t4, 8(t1)
  ld t6, 0(t2)
  add a3, a3, t6
  bne t0, zero, loop
  andi t6, t6, -193
  sd t6, 0(t2)
  sfence.vma zero, zero
  j loop`,
  },
  {
    name: 'a PTE that is run, after a store that sets its D bit',
    ticks: 4000,
    compiled: 0.1,
    options: { rewrites: Number.POSITIVE_INFINITY },
    setUp: (guest, { loop, handler }) => {
      putSpace(guest, 0, () => USUAL);
      inMode(guest, 1n);
      const { machine } = guest;
      machine.set('menvcfg', 1n << 61n);
      // The last table is the page of the loop; of its entries those of pages 1, 2 and 8 are needed.
      for (const page of [1, 2]) remapAt(guest, 0x1000 + 8 * page, page);
      remapAt(guest, 0x1040, 8, V_RWX | 0x40n);
      machine.view.setBigUint64(machine.layout.ramAt + TABLES + PAGE, ((RAM + 0x1000n) >> 2n) | 1n, true);
      machine.set('pc', loop!);
      machine.set('stvec', handler!);
      machine.set('medeleg', 0xb3ffn);
      machine.setX(8, RAM + 0x1040n);
      machine.setX(9, RAM + 0x8000n);
      machine.setX(18, machine.view.getBigUint64(machine.layout.ramAt + 0x1040, true));
      machine.setX(19, loop!);
    },
    // Without D the entry is fnmadd.s ft0, with it fnmadd.s ft1. What comes after it is no instruction.
    code: `
.org 0x1020
loop: addi a0, a0, 1
  sd a0, 0(s1)
  addi a1, a1, 1
  j entry
.org 0x1040
entry:
.org 0x2000
handler: addi a2, a2, 1
  sd s2, 0(s0)
  sfence.vma s1, zero
  csrrw zero, sepc, s3
  sret`,
  },
  {
    name: 'MPRV and SUM changed in a loop',
    ticks: 4000,
    setUp: (guest, { handler }) => {
      putSpace(guest, 0, (page) => (page === 6 ? USUAL | USER : USUAL));
      inMode(guest, 1n);
      const { machine } = guest;
      machine.set('stvec', handler!);
      machine.set('medeleg', 0xb3ffn);
      machine.setX(8, RAM + 0x6000n);
      machine.setX(9, 0x4_0000n);
    },
    compiled: 0.2,
    code: `
loop: addi a0, a0, 1
  csrrs zero, sstatus, s1
  ld t0, 0(s0)
  addi t0, t0, 1
  sd t0, 0(s0)
  csrrc zero, sstatus, s1
  addi a1, a1, 1
  andi t0, a0, 7
  bne t0, zero, loop
  ld t0, 0(s0)
  addi a2, a2, 1
  j loop
.org 0x2000
handler: csrrs t5, sepc, zero
  addi a5, a5, 1
  addi t5, t5, 4
  csrrw zero, sepc, t5
  sret`,
  },
  {
    name: 'misaligned accesses, also over the end of a page and into one that is not there',
    ticks: 5000,
    compiled: 0.2,
    setUp: (guest, { handler }) => {
      putSpace(guest, 0, (page) => (page === 10 ? 0n : USUAL));
      inMode(guest, 1n);
      const { machine } = guest;
      machine.set('stvec', handler!);
      machine.set('medeleg', 0xb3ffn);
      machine.setX(8, RAM + 0x8ff0n);
    },
    code: `
loop: addi a0, a0, 1
  andi t0, a0, 31
  add t1, s0, t0
  ld t2, 1(t1)
  add a1, a1, t2
  sd a0, 3(t1)
  lw t3, 0(t1)
  add a2, a2, t3
  sh a2, 5(t1)
  fld fa0, 0(t1)
  fsd fa0, 7(t1)
  li t4, 0x1000
  add t1, t1, t4
  ld t2, 0(t1)
  sd t2, 0(t1)
  j loop
.org 0x2000
handler: csrrs t5, sepc, zero
  csrrs t6, stval, zero
  add a5, a5, t6
  addi t5, t5, 4
  csrrw zero, sepc, t5
  sret`,
  },
];

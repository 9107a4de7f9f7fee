/** Pages of code that are exchanged, shared, and seen at several addresses and in several address spaces. */

import { encode } from '../../../../../src/emu/isa/table.ts';
import { RAM } from '../guest.ts';
import type { Scenario } from '../scenario.ts';
import { leafAt, PAGE, remap, satpOf, supervisor, TABLES, USUAL } from './sv39.ts';

export const addressSpaces: readonly Scenario[] = [
  {
    name: 'a page of code exchanged for another by its PTE and sfence.vma',
    ticks: 6000,
    setUp: (guest) => {
      supervisor(guest);
      const { machine } = guest;
      machine.setX(8, RAM + BigInt(leafAt(0, 4)));
      machine.setX(9, ((RAM + 0x4000n) >> 2n) | USUAL);
      machine.setX(18, ((RAM + 0x5000n) >> 2n) | USUAL);
    },
    code: `
again: addi a0, a0, 1
  li s3, 20
loop: call f
  addi s3, s3, -1
  bne s3, zero, loop
  xor s1, s1, s2
  xor s2, s2, s1
  xor s1, s1, s2
  sd s1, 0(s0)
  andi t0, a0, 1
  beq t0, zero, all
  la t1, f
  sfence.vma t1, zero
  j again
all: sfence.vma zero, zero
  j again
.org 0x4000
f: addi a1, a1, 1
  addi a2, a2, 1
  ret
.org 0x5000
g: addi a3, a3, 1
  ret`,
  },
  {
    name: 'code that runs on into a page that is exchanged',
    ticks: 6000,
    setUp: (guest) => {
      supervisor(guest);
      const { machine } = guest;
      machine.setX(8, RAM + BigInt(leafAt(0, 4)));
      machine.setX(9, ((RAM + 0x4000n) >> 2n) | USUAL);
      machine.setX(18, ((RAM + 0x5000n) >> 2n) | USUAL);
      machine.setX(20, RAM + 0x4000n);
    },
    code: `
again: addi a0, a0, 1
  li s3, 20
  j loop
.org 0x3ff0
loop: addi a1, a1, 1
  beq s3, zero, done
  addi s3, s3, -1
  addi a4, a4, 1
.org 0x4000
  addi a2, a2, 1
  j loop
.org 0x4100
done: xor s1, s1, s2
  xor s2, s2, s1
  xor s1, s1, s2
  sd s1, 0(s0)
  sfence.vma s4, zero
  la t0, again
  jr t0
.org 0x5000
  addi a3, a3, 1
  j loop2
.org 0x5100
  xor s1, s1, s2
  xor s2, s2, s1
  xor s1, s1, s2
  sd s1, 0(s0)
  sfence.vma s4, zero
  la t0, again2
  jr t0
.org 0x4ff0
loop2:
.org 0x1000
again2:`,
  },
  {
    name: 'an instruction whose second half is exchanged',
    ticks: 6000,
    setUp: (guest, { again, other }) => {
      supervisor(guest);
      const { machine } = guest;
      machine.setX(8, RAM + BigInt(leafAt(0, 4)));
      machine.setX(9, ((RAM + 0x4000n) >> 2n) | USUAL);
      machine.setX(18, ((RAM + 0x5000n) >> 2n) | USUAL);
      machine.setX(20, RAM + 0x4000n);
      // The same first half, and another immediate in the second one.
      const word = encode('addi', { rd: 12, rs1: 12, imm: 5 });
      machine.view.setUint16(machine.layout.ramAt + Number(other! - RAM), word >>> 16, true);
      machine.set('pc', again!);
    },
    code: `
.org 0x3bfe
again: addi a0, a0, 1
  li s3, 20
  j run
.org 0x3ff6
run: addi a1, a1, 1
  addi a4, a4, 1
split: addi a2, a2, 1
  addi s3, s3, -1
  bne s3, zero, run
  j swap
.org 0x5000
other: .2byte 0
  addi s3, s3, -1
  bne s3, zero, run2
  j swap2
.org 0x4ff6
run2:
.org 0x3c80
swap: xor s1, s1, s2
  xor s2, s2, s1
  xor s1, s1, s2
  sd s1, 0(s0)
  sfence.vma s4, zero
  j again
.org 0x4c80
swap2:`,
  },
  {
    name: 'a PTE changed without a fence: the old page goes on',
    ticks: 3000,
    setUp: (guest) => {
      supervisor(guest);
      guest.machine.setX(8, RAM + BigInt(leafAt(0, 4)));
      guest.machine.setX(9, ((RAM + 0x5000n) >> 2n) | USUAL);
    },
    code: `
loop: addi a0, a0, 1
  call f
  li t0, 100
  bne a0, t0, on
  sd s1, 0(s0)
on: j loop
.org 0x4000
f: addi a1, a1, 1
  addi a2, a2, 1
  ret
.org 0x5000
g: addi a3, a3, 1
  ret`,
  },
  {
    name: 'two address spaces with other code at the same address, by ASID',
    ticks: 8000,
    setUp: (guest) => {
      supervisor(guest);
      remap(guest, 1, 4, 5);
      guest.machine.setX(8, satpOf(0));
      guest.machine.setX(9, satpOf(1));
    },
    code: `
again: addi a0, a0, 1
  xor s0, s0, s1
  xor s1, s1, s0
  xor s0, s0, s1
  csrrw zero, satp, s0
  li s3, 20
loop: call f
  addi s3, s3, -1
  bne s3, zero, loop
  j again
.org 0x4000
f: addi a1, a1, 1
  addi a2, a2, 1
  ret
.org 0x5000
g: addi a3, a3, 1
  ret`,
  },
  {
    name: 'two address spaces with other code at the same address, without ASIDs',
    ticks: 8000,
    setUp: (guest) => {
      supervisor(guest);
      remap(guest, 1, 4, 5);
      guest.machine.set('satp', satpOf(0) & ~(0xffffn << 44n));
      guest.machine.setX(8, satpOf(0) & ~(0xffffn << 44n));
      guest.machine.setX(9, satpOf(1) & ~(0xffffn << 44n));
    },
    code: `
again: addi a0, a0, 1
  xor s0, s0, s1
  xor s1, s1, s0
  xor s0, s0, s1
  csrrw zero, satp, s0
  sfence.vma zero, zero
  li s3, 50
loop: call f
  addi s3, s3, -1
  bne s3, zero, loop
  j again
.org 0x4000
f: addi a1, a1, 1
  addi a2, a2, 1
  ret
.org 0x5000
g: addi a3, a3, 1
  ret`,
  },
  {
    name: 'the same code at two addresses, and in two address spaces',
    ticks: 6000,
    setUp: (guest) => {
      supervisor(guest);
      for (const space of [0, 1]) remap(guest, space, 6, 4);
      guest.machine.setX(8, satpOf(0));
      guest.machine.setX(9, satpOf(1));
    },
    code: `
again: addi a0, a0, 1
  andi t0, a0, 31
  bne t0, zero, on
  xor s0, s0, s1
  xor s1, s1, s0
  xor s0, s0, s1
  csrrw zero, satp, s0
on: call f
  call elsewhere
  j again
.org 0x4000
f: addi a1, a1, 1
  andi t0, a1, 3
  beq t0, zero, out
  auipc t1, 0
  add a2, a2, t1
out: ret
.org 0x6000
elsewhere:`,
  },
  {
    name: 'calls between pages that drive each other out of the fetch TLB',
    ticks: 6000,
    compiled: 0.05,
    setUp: (guest) => {
      supervisor(guest);
      // One slot apart by the TLB's 4 MiB: the same page at a distance of 1024 pages.
      const { machine } = guest;
      const root = machine.layout.ramAt + TABLES;
      machine.view.setBigUint64(root + PAGE + 16, machine.view.getBigUint64(root + PAGE, true), true);
      machine.setX(8, 0x8040_4000n);
    },
    code: `
again: addi a0, a0, 1
  call f
  andi t0, a0, 3
  bne t0, zero, again
  jalr ra, 0(s0)
  j again
.org 0x4000
f: addi a1, a1, 1
  auipc t1, 0
  add a2, a2, t1
  ret`,
  },
];

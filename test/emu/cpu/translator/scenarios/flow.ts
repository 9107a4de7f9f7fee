/** Control flow in compiled code: loops, ways that part and meet, tables of jumps. */

import type { Scenario } from '../scenario.ts';

export const flow: readonly Scenario[] = [
  {
    name: 'nested loops',
    ticks: 4000,
    code: `
outer: addi a0, a0, 1
  li a1, 7
inner: add a2, a2, a1
  c.addi a1, -1
  bne a1, zero, inner
  j outer`,
  },
  {
    name: 'a loop of one block that is its own head',
    ticks: 1000,
    code: `
  li a1, 1000000
loop: addi a1, a1, -1
  bne a1, zero, loop`,
  },
  {
    name: 'a jump to itself',
    ticks: 300,
    code: 'loop: j loop',
  },
  {
    name: 'branches that part and meet',
    ticks: 3000,
    code: `
loop: addi a0, a0, 1
  andi t0, a0, 3
  beq t0, zero, one
  andi t1, a0, 4
  bne t1, zero, two
  addi a1, a1, 3
  j meet
one: addi a2, a2, 5
  blt a2, a1, meet
  addi a2, a2, -1
two: add a3, a2, a1
meet: bltu a1, a2, loop
  addi a4, a4, 1
  j loop`,
  },
  {
    name: 'a loop that is entered in two places',
    ticks: 2000,
    code: `
again: addi a0, a0, 1
  andi t0, a0, 1
  li a1, 5
  bne t0, zero, second
first: addi a2, a2, 1
  add a4, a4, a2
second: addi a3, a3, 1
  addi a1, a1, -1
  bne a1, zero, first
  j again`,
  },
  {
    name: 'both ways of a branch are one place',
    ticks: 500,
    code: `
loop: addi a0, a0, 1
  andi t0, a0, 1
  beq t0, zero, next
next: addi a1, a1, 1
  j loop`,
  },
  {
    name: 'jumps by a table, compiled when most of its places have been met',
    ticks: 8000,
    options: { hot: 12, patience: 1 },
    setUp: ({ machine }) => machine.setX(18, 7n),
    code: `
loop: addi a0, a0, 1
  andi t1, a0, 15
  la t2, table
  sh3add t2, t1, t2
  ld t2, 0(t2)
  jr t2
one: addi a1, a1, 1
  j loop
two: addi a2, a2, 1
three: addi a3, a3, 1
  bltu a3, a2, two
  j loop
four: addi a4, a4, 1
  addi s2, s2, -1
  bne s2, zero, four
  li s2, 7
  la t2, three
  jr t2
.org 0x400
table: .8byte one
  .8byte two
  .8byte three
  .8byte four
  .8byte loop
  .8byte one
  .8byte two
  .8byte three
  .8byte one
  .8byte one
  .8byte far
  .8byte four
  .8byte two
  .8byte loop
  .8byte three
  .8byte near
.org 0x1ffe
near: addi a5, a5, 1
  j loop
.org 0x5000
far: addi a6, a6, 1
  la t2, one
  jr t2`,
  },
];

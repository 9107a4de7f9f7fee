/**
 * Random guest programs with the shape of programs, as a function of a seed: functions of blocks that part, meet, loop
 * and call each other, deeply at times; loads, stores, atomics and devices; code that is changed; traps, modes, address
 * spaces and interrupts. Every loop and recursion ends by itself, and every fault goes on somewhere else, in M-mode.
 *
 *     pages 0 to 6    main and the functions        8 to 15    data          24 to 26   page tables without U
 *     page 7          the handler                   16 to 23   the stack     27 to 29   page tables with U
 *
 * Registers: s6 calls left, s7 rounds left, s8 to s11 and t6 the handler's, gp data, tp the device; t5 and a7 scratch.
 */

import type { Random } from '../random.ts';
import { DEVICE, type Guest, RAM } from './guest.ts';
import { randomInsn } from './random-insns.ts';

const PAGE = 0x1000;
const HANDLER = 0x7000;
const DATA = 0x8000;
const STACK_TOP = 0x1_8000;
const SPACES = [0x1_8000, 0x1_b000] as const;
const USUAL = 0xcfn;
const USER = 0x10n;
const MAX_FUNCTIONS = 8;

/** Sets MPP. */
const TO_U = 'li s9, 0x1800\n csrrc zero, mstatus, s9';
const TO_S = `${TO_U}\n li s9, 0x800\n csrrs zero, mstatus, s9`;
/** What the handler does for `ecall`, by a7; other numbers ask for nothing. */
const SERVICES: readonly string[] = [
  // To U in the space with U, to U without translation, to S likewise, to M.
  `${TO_U}\n ld s9, 0x708(gp)\n csrrw zero, satp, s9`,
  `${TO_U}\n csrrw zero, satp, zero`,
  `${TO_S}\n ld s9, 0x700(gp)\n csrrw zero, satp, s9`,
  `${TO_S}\n csrrw zero, satp, zero`,
  'li s9, 0x1800\n csrrs zero, mstatus, s9',
  'sfence.vma zero, zero',
  'li s9, 0x6000\n csrrc zero, mstatus, s9',
  'csrrs s9, time, zero\n addi s9, s9, 20\n csrrw zero, stimecmp, s9',
  'csrrs s9, mie, zero\n xori s9, s9, 0x20\n csrrw zero, mie, s9',
  'csrrs s9, mie, zero\n li s8, 0x800\n xor s9, s9, s8\n csrrw zero, mie, s9',
  // Two pages of code change places in one address space.
  'ld s8, 0x710(gp)\n ld s9, 0(s8)\n ld s11, 8(s8)\n sd s9, 8(s8)\n sd s11, 0(s8)\n sfence.vma zero, zero',
];

const HANDLER_TEXT = `
handler: csrrs s8, mcause, zero
  blt s8, zero, interrupt
  csrrs s9, mepc, zero
  addi s11, s8, -8
  sltiu s11, s11, 4
  bne s11, zero, service
  addi s8, s8, -2
  bne s8, zero, restart
  csrrs s8, mstatus, zero
  li s11, 0x6000
  and s8, s8, s11
  bne s8, zero, restart
  csrrs zero, mstatus, s11
  mret
restart: addi s10, s10, 1
  andi s9, s10, 7
  sh3add s9, s9, gp
  ld s9, 0x780(s9)
  csrrw zero, mepc, s9
  li s9, 0x1800
  csrrs zero, mstatus, s9
  ld sp, 0x718(gp)
  ld ra, 0x720(gp)
  li s7, 9
  li s6, 3
  mret
service: addi s9, s9, 4
  csrrw zero, mepc, s9
  ${SERVICES.map((code, i) => `li s9, ${i}\n bne a7, s9, after${i}\n ${code}\n mret\n after${i}:`).join('\n')}
  mret
interrupt: andi s8, s8, 15
  addi s8, s8, -5
  beq s8, zero, timer
  sd zero, 0(tp)
  mret
timer: csrrs s9, time, zero
  andi s8, s9, 63
  addi s9, s9, 30
  add s9, s9, s8
  csrrw zero, stimecmp, s9
  mret
`;

/** Puts a program into a fresh guest; pc at its beginning. */
export function putRandomGuest(guest: Guest, random: Random): void {
  const functions = 2 + random.below(MAX_FUNCTIONS - 1);
  const deep = random.below(5) === 0;
  const names = Array.from({ length: functions }, (_, i) => `f${i}`);
  const texts = names.map((name) => functionText(random, name, names));
  const calls = Array.from({ length: 4 + random.below(4) }, () =>
    random.below(3) === 0 ? `li a7, ${random.below(SERVICES.length)}\n ecall` : callText(random, names),
  );
  const main = `main: ld sp, 0x718(gp)
    li s7, ${4 + random.below(40)}
    li s6, ${deep ? 100 + random.below(150) : random.below(8)}
    ${calls.join('\n')}
    j main
    .org ${HANDLER}
    ${HANDLER_TEXT}`;
  let at = 0x180;
  const placed = texts.map((text) => {
    if (random.below(4) === 0) at = nearPageEnd(random, at);
    const place = `.org ${at}\n${text}`;
    at += 0x280 + 2 * random.below(0x180);
    return place;
  });
  const labels = guest.load([main, ...placed].join('\n'));
  putData(guest, random, labels, names);
  putTables(guest, random);
  setRegisters(guest, random, labels);
}

/** A few instructions before the end of a page. */
const nearPageEnd = (random: Random, at: number): number => Math.ceil(at / PAGE) * PAGE - 2 * (1 + random.below(20));

function functionText(random: Random, name: string, names: readonly string[]): string {
  const blocks = 2 + random.below(7);
  const label = (i: number): string => `${name}_${i}`;
  const lines = [`${name}: c.addi16sp sp, -32`, 'c.sdsp ra, 24(sp)', random.pick(['c.sdsp s2, 16(sp)', 'nop'])];
  for (let i = 0; i < blocks; i++) {
    lines.push(`${label(i)}:`);
    for (let n = random.below(7); n > 0; n--) lines.push(randomInsn(random, names));
    lines.push(endOfBlock(random, i, blocks, label, names));
  }
  return [...lines, `${label(blocks)}: c.ldsp ra, 24(sp)`, 'c.addi16sp sp, 32', random.pick(['ret', 'c.jr ra'])].join(
    '\n',
  );
}

const BRANCHES = ['beq', 'bne', 'blt', 'bge', 'bltu', 'bgeu'];
const VALUES = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 't0', 't1', 's2', 's3', 'zero'];

function endOfBlock(
  random: Random,
  i: number,
  blocks: number,
  label: (i: number) => string,
  names: readonly string[],
): string {
  const ahead = label(i + 1 + random.below(blocks - i));
  const back = label(random.below(i + 1));
  const condition = `${random.pick(BRANCHES)} ${random.pick(VALUES)}, ${random.pick(VALUES)}`;
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
      return `addi s7, s7, -1\n bge s7, zero, ${back}`;
    case 3:
    case 4:
      return `${condition}, ${ahead}`;
    case 5:
      return random.pick([`j ${ahead}`, `c.j ${ahead}`]);
    case 6:
      return `addi s7, s7, -1\n blt s7, zero, ${ahead}\n ${condition}, ${back}`;
    case 7:
      return `la t5, ${ahead}\n jr t5`;
    default:
      return callText(random, names, `${label(i)}_${random.word()}`);
  }
}

/** A call that is left out when there have been too many. */
function callText(random: Random, names: readonly string[], place?: string): string {
  const target = random.pick(names);
  const number = 8 * names.indexOf(target);
  const call = random.pick([
    `call ${target}`,
    `call ${target}`,
    `ld t5, ${0x780 + number}(gp)\n jalr ra, 0(t5)`,
    `la t5, ${target}\n c.jalr t5`,
  ]);
  if (place === undefined) return call;
  return `addi s6, s6, -1\n blt s6, zero, ${place}\n ${call}\n ${place}: addi s6, s6, 1`;
}

function putData(
  guest: Guest,
  random: Random,
  labels: Readonly<Record<string, bigint>>,
  names: readonly string[],
): void {
  const { machine } = guest;
  for (let offset = DATA; offset < STACK_TOP; offset += 8) {
    machine.view.setBigUint64(machine.layout.ramAt + offset, random.wide(), true);
  }
  const put = (offset: number, value: bigint): void =>
    machine.view.setBigUint64(machine.layout.ramAt + DATA + offset, value, true);
  put(0x700, satpOf(0, random));
  put(0x708, satpOf(1, random));
  put(0x710, RAM + BigInt(random.pick(SPACES) + 2 * PAGE + 8 * random.below(6)));
  put(0x718, RAM + BigInt(STACK_TOP - 16));
  put(0x720, labels.main!);
  for (let i = 0; i < 8; i++) put(0x780 + 8 * i, labels[names[i % names.length]!]!);
}

/** With the same ASID for both spaces in some programs. */
const satpOf = (space: 0 | 1, random: Random): bigint =>
  (8n << 60n) | (BigInt(space * random.below(2)) << 44n) | ((RAM + BigInt(SPACES[space])) >> 12n);

/** Sv39: the first 2 MiB and those at RAM, both through one last table. */
function putTables({ machine }: Guest, random: Random): void {
  const put = (offset: number, target: number, flags: bigint): void =>
    machine.view.setBigUint64(machine.layout.ramAt + offset, ((RAM + BigInt(target)) >> 2n) | flags, true);
  for (const [space, root] of SPACES.entries()) {
    put(root, root + PAGE, 1n);
    put(root + 16, root + PAGE, 1n);
    put(root + PAGE, root + 2 * PAGE, 1n);
    for (let page = 0; page < 32; page++) {
      const flags = USUAL | (space === 1 ? USER : 0n);
      const absent = page >= 9 && page < 16 && random.below(10) === 0;
      const fresh = random.below(4) === 0 ? flags & ~0xc0n : flags;
      put(root + 2 * PAGE + 8 * page, page * PAGE, absent ? 0n : fresh);
    }
  }
}

function setRegisters({ machine }: Guest, random: Random, labels: Readonly<Record<string, bigint>>): void {
  for (let r = 1; r < 32; r++) machine.setX(r, random.wide());
  const f = new BigUint64Array(machine.memory.buffer, machine.hart + 0x100, 32);
  for (let r = 0; r < 32; r++)
    f[r] = random.below(2) === 0 ? random.wide() : 0x3ff8_0000_0000_0000n + BigInt(random.word());
  machine.setX(3, RAM + BigInt(DATA));
  machine.setX(4, DEVICE);
  machine.setX(26, 0n);
  machine.set('mtvec', labels.handler!);
  machine.set('mstatus', random.pick([0x6008n, 0x6008n, 0x2008n, 8n]));
  machine.set('mie', random.pick([0x820n, 0x20n, 0n]));
  machine.set('menvcfg', (1n << 63n) | (1n << 61n));
  machine.set('mcounteren', 7n);
  machine.set('scounteren', 7n);
  machine.set('pmpcfg0', 0x1fn);
  machine.set('pmpaddr0', 0x3f_ffff_ffff_ffffn);
  machine.set('rate', 1n << BigInt(20 + random.below(6)));
  machine.set('stimecmp', BigInt(random.below(1000)));
  machine.set('fflags', BigInt(random.pick([0, 1, 31])));
  machine.set('frm', BigInt(random.pick([0, 0, 0, 1, 2, 3, 4])));
}

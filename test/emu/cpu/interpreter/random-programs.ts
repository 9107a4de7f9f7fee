/**
 * Random instruction streams, as a function of a seed: valid encodings of every row, compressed halfwords, and words
 * that mean nothing, in RAM that the hart starts in with traps going back to its first page. Some registers point at
 * RAM and the device and are seldom written, so that loads and stores arrive somewhere.
 */

import { F_OFFSET } from '../../../../src/emu/cpu/hart-layout.ts';
import { compressed, instructions } from '../../../../src/emu/isa/table.ts';
import type { Random } from '../random.ts';
import type { BareMachine } from './bare-machine.ts';
import { DEVICE_BASE } from './bare-machine.ts';

const RAM_BASE = 0x8000_0000;
export const PROGRAM_BYTES = 0x4000;
const POINTERS = [8, 9, 10, 11];
const RD_SHIFT = 7;
const RS1_SHIFT = 15;
const memoryOpcodes = new Set([0x03, 0x07, 0x23, 0x27, 0x2f]);
const SYSTEM = 0x73;
/** Those that exist, the counters among them; not satp, mtvec and stvec, which a scene sets. */
const CSRS = [
  0x001, 0x002, 0x003, 0x015, 0x100, 0x104, 0x106, 0x140, 0x141, 0x142, 0x143, 0x144, 0x14d, 0x300, 0x302, 0x303, 0x304,
  0x306, 0x30a, 0x320, 0x340, 0x341, 0x342, 0x343, 0x344, 0x3a0, 0x3b0, 0x3b1, 0xb00, 0xb02, 0xc00, 0xc01, 0xc02, 0xf14,
];
/** Rows that would make a random program do little else. */
const rare = new Set(['wfi', 'ecall', 'ebreak', 'mret', 'sret', 'fence.i', 'sfence.vma']);

function randomWord(random: Random): number {
  const row = random.pick(instructions);
  if (rare.has(row.name) && random.below(4) !== 0) return randomWord(random);
  let word = (row.match | (random.word() & ~row.mask)) >>> 0;
  if ((word & 0x7f) === SYSTEM && (word & 0x7000) !== 0 && random.below(8) !== 0) {
    word = ((word & 0xf_ffff) | (random.pick(CSRS) << 20)) >>> 0;
  }
  const free = (bits: number): boolean => (row.mask & bits) === 0;
  if (memoryOpcodes.has(word & 0x7f) && random.below(8) !== 0) {
    word = (word & ~(0x1f << RS1_SHIFT)) | (random.pick(POINTERS) << RS1_SHIFT);
  }
  if (free(0x1f << RD_SHIFT) && POINTERS.includes((word >>> RD_SHIFT) & 0x1f) && random.below(16) !== 0) {
    word ^= 0x10 << RD_SHIFT;
  }
  return word >>> 0;
}

function randomProgram(random: Random): Uint8Array {
  const halves: number[] = [];
  while (halves.length < PROGRAM_BYTES / 2) {
    const kind = random.below(32);
    if (kind === 0) halves.push(random.word() & 0xffff);
    else if (kind < 10) {
      const row = random.pick(compressed);
      halves.push(row.match | (random.word() & 0xffff & ~row.mask));
    } else {
      const word = kind === 1 ? random.word() : randomWord(random);
      halves.push(word & 0xffff, word >>> 16);
    }
  }
  return new Uint8Array(Uint16Array.from(halves.slice(0, PROGRAM_BYTES / 2)).buffer);
}

/** Fills RAM of a fresh machine: program, data, and page tables. */
export function load(machine: BareMachine, random: Random): void {
  machine.put(0, randomProgram(random));
  for (let offset = PROGRAM_BYTES; offset < TABLES; offset += 4) machine.putWord(offset, random.word());
  putTables(machine, random);
}

const TABLES = 0x1_c000;
const SATP_SV39 = (8n << 60n) | BigInt((RAM_BASE + TABLES) / 4096);
const V_R_W_X = 0xfn;
const U = 0x10n;
const A_D = 0xc0n;

/**
 * Sv39: virtual 0 and RAM_BASE, 2 MiB each, both through one table of pages: mostly RAM in order, some elsewhere, some
 * refused.
 */
function putTables(machine: BareMachine, random: Random): void {
  const entry = (offset: number, pa: number, flags: bigint): void =>
    machine.view.setBigUint64(machine.layout.ramAt + offset, (BigInt(pa / 4096) << 10n) | flags, true);
  const [root, middle, last] = [TABLES, TABLES + 0x1000, TABLES + 0x2000];
  for (let offset = root; offset < last; offset += 8) entry(offset, 0, 0n);
  entry(root, RAM_BASE + middle, 1n);
  entry(root + 16, RAM_BASE + middle, 1n);
  entry(middle, RAM_BASE + last, 1n);
  const user = random.below(2) === 0 ? U : 0n;
  for (let i = 0; i < 512; i++) {
    const page = random.below(8) === 0 ? random.below(40) : i % 32;
    const usual = V_R_W_X | user | (random.below(3) === 0 ? 0n : A_D);
    const flags = random.below(10) === 0 ? BigInt(random.below(256)) : usual;
    const pa = random.below(24) === 0 ? DEVICE_BASE : RAM_BASE + page * 4096;
    entry(last + 8 * i, pa, flags);
  }
}

/**
 * A new scene: pc somewhere in the program, fresh registers, another privilege and translation. Without it most random
 * programs end in a short loop of traps.
 */
export function changeScene(machine: BareMachine, random: Random): void {
  for (let r = 1; r < 32; r++) machine.setX(r, random.wide());
  for (const r of POINTERS) {
    const low = random.below(6) === 0 ? 0 : RAM_BASE;
    const aligned = random.below(3) === 0 ? 1 : 8;
    machine.setX(r, BigInt(low + PROGRAM_BYTES + aligned * random.below(0x8000 / aligned)));
  }
  if (random.below(3) === 0) machine.setX(11, BigInt(DEVICE_BASE + 8 * random.below(8)));
  for (let r = 0; r < 32; r++) machine.view.setBigUint64(machine.hart + F_OFFSET + 8 * r, randomFloat(random), true);
  const near =
    random.below(6) === 0 ? 4096 * (1 + random.below(3)) - 2 * random.below(4) : 2 * random.below(PROGRAM_BYTES / 2);
  machine.set('pc', BigInt(RAM_BASE + near));
  machine.set('mtvec', BigInt(RAM_BASE + 4 * random.below(0x400) + random.below(2)));
  machine.set('stvec', BigInt(RAM_BASE + 4 * random.below(0x400)));
  machine.set('priv', random.pick([0n, 1n, 3n, 3n]));
  machine.set('mstatus', random.pick([0x6000n, 0x6008n, 0x600an, 0x4_6002n, 0x8_6000n, 0x2_6800n, 0x2_7888n, 0n]));
  machine.set('satp', random.below(2) === 0 ? 0n : SATP_SV39);
  machine.set('menvcfg', random.pick([0x2000_0000_0000_0000n, 0xa000_0000_0000_00f0n, 0n]));
  machine.set('pmpcfg0', random.below(8) === 0 ? BigInt(random.word() & 0x1f1f) : 0x1f00n);
  machine.set('pmpaddr0', BigInt((RAM_BASE + 4 * random.below(0x6000)) / 4));
  machine.set('pmpaddr1', 0x3f_ffff_ffff_ffffn);
  machine.set('medeleg', BigInt(random.word() & 0xb3ff));
  machine.set('mideleg', BigInt(random.word() & 0x222));
  machine.set('mie', random.below(2) === 0 ? 0n : 0xaaan);
  machine.set('rate', BigInt(random.below(1 << 26)));
  machine.set('mtimecmp', machine.get('anchorTime') + BigInt(random.below(400)));
  machine.set('mcounteren', BigInt(random.below(8)));
  machine.set('scounteren', 7n);
  machine.set('frm', BigInt(random.below(6)));
  machine.set('waiting', 0n);
  machine.set('exitRequest', 0n);
  machine.set('lines', 0n);
}

/** NaNs, infinities, zeros, subnormals and the rest; half of them boxed singles. */
function randomFloat(random: Random): bigint {
  if (random.below(2) === 0) {
    const single = random.pick([0n, 0x8000_0000n, 0x7f80_0000n, 0x7fc0_0000n, 0x3f80_0000n, BigInt(random.word())]);
    return 0xffff_ffff_0000_0000n | single;
  }
  return random.pick([0n, 1n << 63n, 0x7ff0n << 48n, 0x7ff8n << 48n, 0x3ff0n << 48n, random.wide(), random.wide()]);
}

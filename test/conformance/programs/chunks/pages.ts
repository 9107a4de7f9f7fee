/**
 * Address translation: every PTE permission set against access, mode, SUM, MXR and MPRV at every level, and the PTE
 * after; reserved bits, misaligned superpages, non-leaf PTEs, non-canonical addresses. For Sv39 and Sv48.
 *
 *     virtual 0x0_8000_0000  1 GiB   RAM, for S         code of cases in S
 *             0x0_c000_0000  1 GiB   RAM, for U         code of cases in U
 *             0x1_0000_0000  4 KiB   PTE under test     and, at + 0x20_0000, the 2 MiB PTE under test
 *             0x1_4000_0000  1 GiB   PTE under test     0x80_0000_0000: the 512 GiB one (Sv48)
 */
import {
  A1,
  A2,
  A3,
  A4,
  amoadd,
  CSR,
  csrw,
  EBREAK,
  ECALL,
  jalr,
  LOADS,
  lr,
  MRET,
  NOP,
  STORES,
  T0,
  T1,
  T2,
} from '../asm.ts';
import { type Batch, batch, Flag } from '../batch.ts';
import { CODE, codeWord, DATA_START, MSTATUS, mem, type Place, TABLES, TRAP, x } from '../layout.ts';
import { product, randomSource } from '../operands.ts';
import { MPRV, mpp } from './exceptions.ts';

const T3 = 28;
const SUM = 1n << 18n;
const MXR = 1n << 19n;
const TARGET = DATA_START + 0x6000;
const ppn = (pa: number): bigint => (BigInt(pa) >> 12n) << 10n;
const [V, U, AD] = [1n, 0x10n, 0xc0n];
const RWX = 0xen;

/** Tables of the mode; `levels` 3 or 4. The root for Sv48 points at the Sv39 root. */
const ROOT4 = TABLES;
const ROOT3 = TABLES + 0x1000;
const MIDDLE = TABLES + 0x2000;
const LEAF = TABLES + 0x3000;
const entry = (table: number, index: number): Place => mem(table + 8 * index);

interface Level {
  readonly name: string;
  readonly va: bigint;
  readonly place: Place;
  /** PPN bits of a leaf here that reaches TARGET, and of one that is misaligned. */
  readonly target: bigint;
  /** PTE bits 10 up to this one must be 0 in a leaf here. */
  readonly aligned: bigint;
}
const named = (place: Place, name: string): Place => ({ ...place, name });

function levelsOf(levels: 3 | 4): Level[] {
  const pte = (table: number, index: number): Place => named(entry(table, index), 'PTE');
  const offset = (bits: number): bigint => BigInt(TARGET) & ((1n << BigInt(bits)) - 1n);
  const leaf = (bits: number): bigint => ((BigInt(TARGET) >> BigInt(bits)) << BigInt(bits - 12)) << 10n;
  const all: Level[] = [
    { name: '4 KiB', va: 0x1_0000_0000n + offset(12), place: pte(LEAF, 0), target: leaf(12), aligned: 10n },
    { name: '2 MiB', va: 0x1_0020_0000n + offset(21), place: pte(MIDDLE, 1), target: leaf(21), aligned: 19n },
    { name: '1 GiB', va: 0x1_4000_0000n + offset(30), place: pte(ROOT3, 5), target: leaf(30), aligned: 28n },
  ];
  const huge = {
    name: '512 GiB',
    va: 0x80_0000_0000n + offset(39),
    place: pte(ROOT4, 1),
    target: leaf(39),
    aligned: 37n,
  };
  return levels === 4 ? [...all, huge] : all;
}

const init: readonly (readonly [Place, bigint])[] = [
  [entry(ROOT4, 0), ppn(ROOT3) | V],
  [entry(ROOT3, 2), ppn(0x8000_0000) | AD | RWX | V],
  [entry(ROOT3, 3), ppn(0x8000_0000) | AD | RWX | U | V],
  [entry(ROOT3, 4), ppn(MIDDLE) | V],
  [entry(MIDDLE, 0), ppn(LEAF) | V],
];
const satp = (levels: 3 | 4): bigint =>
  levels === 3 ? (8n << 60n) | (BigInt(ROOT3) >> 12n) : (9n << 60n) | (BigInt(ROOT4) >> 12n);

const ACCESSES = {
  load: LOADS.ld(A1, A2, 0),
  store: STORES.sd(A3, A2, 0),
  amo: amoadd(3, A1, A2, A3),
  lr: lr(3, A1, A2),
  fetch: jalr(A4, A2, 0),
};
/** In M-mode with MPRV the code does not leave M-mode; otherwise mret enters the mode. */
const CODE_IN_MODE = [
  csrw(CSR.medeleg, T2),
  csrw(CSR.satp, T3),
  csrw(CSR.mstatus, T0),
  csrw(CSR.mepc, T1),
  MRET,
  0,
  ECALL,
];
const CODE_IN_M = [csrw(CSR.medeleg, T2), csrw(CSR.satp, T3), csrw(CSR.mstatus, T0), NOP, NOP, 0, EBREAK];

interface Mode {
  readonly mstatus: bigint;
  readonly pc: number;
}
const LOWER: readonly Mode[] = [
  ...[0n, SUM, MXR, SUM | MXR].map((bits) => ({ mstatus: MSTATUS | mpp(1n) | bits, pc: CODE + 20 })),
  ...[0n, MXR].map((bits) => ({ mstatus: MSTATUS | bits, pc: CODE + 20 + 0x4000_0000 })),
];
const MACHINE: readonly Mode[] = [
  ...[0n, SUM, MXR, SUM | MXR].map((bits) => MSTATUS | mpp(1n) | MPRV | bits),
  ...[0n, MXR].map((bits) => MSTATUS | MPRV | bits),
  MSTATUS | mpp(3n) | MPRV,
].map((mstatus) => ({ mstatus, pc: CODE + 20 }));

const inputs = (place: Place): Place[] => [
  place,
  codeWord(5),
  x(A2, 'address'),
  x(T0, 'mstatus'),
  x(T1, 'pc'),
  x(T2, 'medeleg'),
  x(T3, 'satp'),
  mem(TARGET, 'target'),
];
const outputs = (place: Place): Place[] => [
  TRAP.cause,
  TRAP.epc,
  TRAP.tval,
  TRAP.scause,
  TRAP.stval,
  x(A1, 'loaded'),
  place,
  mem(TARGET, 'target'),
];
const TARGET_VALUE = 0x1122_3344_0000_0073n; // an ecall, for fetches

function cases(
  levels: 3 | 4,
  level: Level,
  name: string,
  ptes: readonly bigint[],
  modes: readonly Mode[],
  delegated = 0n,
): Batch {
  const accesses = Object.values(ACCESSES).map(BigInt);
  const inM = modes === MACHINE;
  return batch({
    name: `Sv${levels === 3 ? 39 : 48}, ${level.name}, ${name}${inM ? ', MPRV' : ''}`,
    code: inM ? CODE_IN_M : CODE_IN_MODE,
    init,
    inputs: inputs(level.place),
    outputs: outputs(level.place),
    flags: Flag.resetCsrs,
    tuples: product(ptes, inM ? accesses.slice(0, 4) : accesses).flatMap(([pte = 0n, access = 0n], i) =>
      modes.map(({ mstatus, pc }) => {
        const medeleg = i % 4 === 3 ? delegated : 0n;
        return [pte, access, level.va, mstatus, BigInt(pc), medeleg, satp(levels), TARGET_VALUE];
      }),
    ),
  });
}

/** V R W X U A D in all combinations; G set in some of them. */
const PERMISSIONS = Array.from({ length: 128 }, (_, i) =>
  BigInt((i & 0x1f) | ((i & 0x60) << 1) | (i % 3 === 0 ? 0x20 : 0)),
);
/** One bit each: RSW, the reserved ones, PBMT and N; and PPN bits beyond memory. */
const HIGH = [8n, 9n, 40n, 52n, 53n, ...Array.from({ length: 10 }, (_, i) => BigInt(54 + i))].map((bit) => 1n << bit);

function ofLevel(levels: 3 | 4, level: Level): Batch[] {
  const all = PERMISSIONS.map((bits) => level.target | bits);
  const some = [V | RWX | AD, V | RWX | AD | U, V | 2n, V | 2n | AD, V | U | RWX].map((bits) => level.target | bits);
  const misaligned = [10n, 12n, 18n, 19n, 27n, 28n, 36n]
    .filter((bit) => bit < level.aligned)
    .map((bit) => level.target ^ (1n << bit));
  const pointer = ppn(TABLES + 0x4000) | V;
  const high = HIGH.flatMap((bit) => some.slice(0, 2).map((pte) => pte | bit));
  const pointers = [0n, U, 0x40n, 0x80n, 0x20n, ...HIGH].map((bit) => pointer | bit);
  const part = levels === 3 || level.name === '4 KiB' || level.name === '512 GiB' ? 1 : 3;
  const odd = (ptes: readonly bigint[], modes: readonly Mode[], name: string): Batch[] =>
    ptes.length === 0 ? [] : [cases(levels, level, name, ptes, modes)];
  return [
    cases(
      levels,
      level,
      'permissions',
      all.filter((_, i) => i % part === 0),
      LOWER,
      0xb0a2n,
    ),
    cases(
      levels,
      level,
      'permissions',
      all.filter((_, i) => i % part === 0),
      MACHINE,
      0xb0a2n,
    ),
    ...odd(
      high,
      LOWER.filter((_, i) => i % 2 === 0),
      'high bits',
    ),
    ...odd(
      pointers,
      LOWER.filter((_, i) => i % 2 === 0),
      'pointers',
    ),
    ...odd(
      misaligned.flatMap((pte) => [pte | V | RWX | AD, pte | V | RWX | AD | U]),
      LOWER,
      'misaligned superpages',
    ),
  ];
}

/** Addresses at and beyond the edges of the virtual address space, with a valid leaf wherever the walk may end. */
function addresses(levels: 3 | 4): Batch {
  const random = randomSource(900 + levels);
  const top = levels === 3 ? 38n : 47n;
  const edge = 1n << top;
  const vas = [
    0n,
    edge - 8n,
    edge,
    -edge - 8n,
    -edge + (BigInt(TARGET) & 0x3fff_ffffn),
    -8n,
    1n << 63n,
    edge << 1n,
    (1n << 63n) - 8n,
    ...[0, 0, 0, 0].map(() => random(64) & ~7n),
  ];
  const root = levels === 3 ? ROOT3 : ROOT4;
  return batch({
    name: `Sv${levels === 3 ? 39 : 48}, addresses`,
    code: CODE_IN_MODE,
    init: [...init, ...[511, 256, 255].map((i) => [entry(root, i), ppn(0x8000_0000) | AD | RWX | V] as const)],
    inputs: inputs(mem(root + 8 * 300, 'PTE')),
    outputs: outputs(mem(root + 8 * 300, 'PTE')),
    flags: Flag.resetCsrs,
    tuples: product(vas, Object.values(ACCESSES).map(BigInt)).flatMap(([va = 0n, access = 0n]) =>
      LOWER.slice(0, 1).map(({ mstatus, pc }) => [0n, access, va, mstatus, BigInt(pc), 0n, satp(levels), TARGET_VALUE]),
    ),
  });
}

/** Accesses that cross from a page that permits them into the one under test, 4 KiB further. */
function crossing(levels: 3 | 4): Batch {
  const place = named(entry(LEAF, 2), 'PTE');
  const second = { name: '4 KiB', va: 0x1_0000_1ffcn, place, target: ppn(TARGET), aligned: 10n };
  const accesses = [LOADS.ld(A1, A2, 0), STORES.sd(A3, A2, 0), LOADS.lw(A1, A2, 2), STORES.sw(A3, A2, 2)].map(BigInt);
  const ptes = PERMISSIONS.filter((_, i) => i % 5 === 0 || i === 127).map((bits) => second.target | bits);
  const shape = cases(levels, second, 'crossing into the page', [], LOWER);
  const first = mem(DATA_START + 0x7ff8, 'before');
  return {
    ...shape,
    init: [...init, [entry(LEAF, 1), ppn(DATA_START + 0x7000) | V | AD | RWX]],
    inputs: [...shape.inputs, first],
    outputs: [...shape.outputs, first],
    tuples: product(ptes, accesses).flatMap(([pte = 0n, access = 0n]) =>
      LOWER.slice(0, 2).map(({ mstatus, pc }) => {
        return [pte, access, second.va, mstatus, BigInt(pc), 0n, satp(levels), TARGET_VALUE, 0x8877_6655_4433_2211n];
      }),
    ),
  };
}

export const sv39 = (): Batch[] => [...levelsOf(3).flatMap((level) => ofLevel(3, level)), addresses(3), crossing(3)];
export const sv48 = (): Batch[] => [...levelsOf(4).flatMap((level) => ofLevel(4, level)), addresses(4), crossing(4)];

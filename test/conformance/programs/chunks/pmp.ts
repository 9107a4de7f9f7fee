/** PMP: every mode of an entry, its permissions, partial matches and priorities, against accesses by mode; locks. */
import {
  A1,
  A2,
  A3,
  A4,
  A5,
  A6,
  A7,
  amoadd,
  CSR,
  csrr,
  csrrs,
  csrw,
  EBREAK,
  jalr,
  LOADS,
  MRET,
  NOP,
  STORES,
  T0,
  T1,
  T2,
} from '../asm.ts';
import { type Batch, batch, Flag } from '../batch.ts';
import { CODE, codeWord, DATA, DATA_START, MSTATUS, mem, TRAP, x } from '../layout.ts';
import { product } from '../operands.ts';
import { mpp } from './exceptions.ts';

const T3 = 28;
const P = BigInt(DATA + 0x1000);
const [R, W, X] = [1n, 2n, 4n];
const [TOR, NA4, NAPOT] = [8n, 16n, 24n];
/** pmpaddr of a naturally aligned power-of-two region. */
const napot = (base: bigint, bytes: bigint): bigint => (base >> 2n) | (bytes / 8n - 1n);
const BACKGROUND = 0x1fn << 56n; // pmpcfg2: entry 15 grants everything

const ACCESSES = [LOADS.ld(A1, A2, 0), LOADS.lw(A1, A2, 0), LOADS.lb(A1, A2, 0)]
  .concat([STORES.sd(A3, A2, 0), STORES.sw(A3, A2, 0), STORES.sb(A3, A2, 0), amoadd(3, A1, A2, A3), jalr(A3, A2, 0)])
  .map(BigInt);
const IN_U = [MSTATUS, BigInt(CODE + 36)];
const IN_S = [MSTATUS | mpp(1n), BigInt(CODE + 36)];
const IN_M = [MSTATUS | mpp(3n), BigInt(CODE + 36)];
const setUp = [csrw(0x3b0, A4), csrw(0x3b1, A5), csrw(0x3b2, A6), csrw(CSR.pmpcfg0, T2), csrw(CSR.pmpcfg2, T3)];
const enter = [csrw(CSR.mepc, T1), csrw(CSR.mstatus, T0), MRET, NOP, 0, EBREAK];

const near = [-8n, 0n, 8n, 16n, 0xff8n, 0x1000n].map((offset) => P + offset);
/** Every doubleword that a case may store to, set again before each; the low half is c.ebreak, for fetches. */
const memoryPlaces = near.map((address) => mem(Number(address), `memory ${address.toString(16)}`));
const MEMORY = near.map((_, i) => 0x1234_5678_9abc_9002n + (BigInt(i) << 32n));

interface Setting {
  readonly cfg: bigint;
  readonly addr: readonly [bigint, bigint, bigint];
  readonly background?: bigint;
}
function run(
  name: string,
  settings: readonly Setting[],
  addresses: readonly bigint[],
  modes: readonly bigint[][],
): Batch {
  return batch({
    name,
    code: [...setUp, ...enter],
    inputs: [
      codeWord(9),
      x(A2, 'address'),
      x(T2, 'pmpcfg0'),
      x(A4, 'pmpaddr0'),
      x(A5, 'pmpaddr1'),
      x(A6, 'pmpaddr2'),
    ].concat([x(T3, 'pmpcfg2'), x(T0, 'mstatus'), x(T1), ...memoryPlaces]),
    outputs: [TRAP.cause, TRAP.tval, TRAP.epc, x(A1, 'loaded'), ...memoryPlaces.slice(0, 3)],
    flags: Flag.resetCsrs | Flag.resetPmp,
    tuples: settings.flatMap(({ cfg, addr, background = BACKGROUND }) =>
      product(ACCESSES, addresses).flatMap(([access = 0n, address = 0n]) =>
        modes.map(([mstatus = 0n, pc = 0n]) => [access, address, cfg, ...addr, background, mstatus, pc, ...MEMORY]),
      ),
    ),
  });
}

const permissions = [0n, R, R | W, X, R | X, R | W | X];

export function pmp(): Batch[] {
  const whole = (cfg: bigint, ...addr: [bigint, bigint, bigint]): Setting => ({ cfg, addr });
  const entry = (mode: bigint, one: bigint, previous = 0n): Setting[] =>
    permissions.map((bits) =>
      mode === TOR ? whole((mode | bits) << 8n, previous, one, 0n) : whole(mode | bits, one, 0n, 0n),
    );
  const code = napot(0x8020_0000n, 0x1_0000n);
  return [
    run('NAPOT, 4 KiB', entry(NAPOT, napot(P, 0x1000n)), near, [IN_U, IN_S, IN_M]),
    run('NAPOT, 16 bytes', entry(NAPOT, napot(P, 16n)), near, [IN_U, IN_S]),
    run('NAPOT, 8 bytes', entry(NAPOT, napot(P, 8n)), near, [IN_U]),
    run(
      'NA4',
      entry(NA4, P >> 2n),
      [-4n, 0n, 4n].map((offset) => P + offset),
      [IN_U, IN_S],
    ),
    run(
      'NA4, upper half of a doubleword',
      entry(NA4, (P + 4n) >> 2n),
      [0n, 4n].map((offset) => P + offset),
      [IN_U],
    ),
    run('TOR', entry(TOR, (P + 16n) >> 2n, P >> 2n), near, [IN_U, IN_S]),
    run('TOR, empty and reversed', [...entry(TOR, P >> 2n, P >> 2n), ...entry(TOR, P >> 2n, (P + 16n) >> 2n)], near, [
      IN_U,
    ]),
    run(
      'TOR from 0 in entry 0',
      permissions.map((bits) => whole(NAPOT | R | W | X | ((TOR | bits) << 8n), code, (P + 8n) >> 2n, 0n)),
      near,
      [IN_U],
    ),
    run(
      'the lowest entry decides',
      [
        whole(NAPOT | ((NAPOT | R | W | X) << 8n), napot(P, 8n), napot(P, 0x1000n), 0n),
        whole(NAPOT | R | ((NAPOT | W | R) << 8n), napot(P, 16n), napot(P, 8n), 0n),
        whole(NAPOT | R | W | X | (NAPOT << 8n), napot(P, 8n), napot(P, 0x1000n), 0n),
        whole(((NAPOT | R) << 16n) | (NA4 << 8n), 0n, (P + 8n) >> 2n, napot(P, 0x1000n)),
      ],
      near,
      [IN_U, IN_S],
    ),
    run('no entry matches', [{ cfg: NAPOT | R | X, addr: [code, 0n, 0n], background: 0n }], near.slice(0, 3), [
      IN_U,
      IN_S,
      IN_M,
    ]),
    run(
      'misaligned over the edge',
      [whole(NAPOT | R | W, napot(P, 0x1000n), 0n, 0n), whole(NAPOT, napot(P, 8n), 0n, 0n)],
      [P - 4n, P - 1n, P + 4n, P + 7n, P + 0xffcn],
      [IN_U],
    ),
    reserved(),
  ];
}

/** What pmpcfg keeps, byte by byte, and pmpaddr. */
function reserved(): Batch {
  return batch({
    name: 'pmpcfg bytes',
    code: [csrw(CSR.pmpcfg0, T2), csrr(A1, CSR.pmpcfg0), EBREAK],
    inputs: [x(T2, 'pmpcfg0')],
    outputs: [x(A1, 'pmpcfg0')],
    flags: Flag.resetCsrs | Flag.resetPmp,
    tuples: Array.from({ length: 128 }, (_, i) => [BigInt(i) | (BigInt(127 - i) << 8n)]),
  });
}

/**
 * Only as a whole, as locks hold until reset: case k locks entry k over its own page (entry k - 1 is the bottom of a
 * TOR), tries to change it, and accesses the page in M-mode.
 */
export function pmpLocked(): Batch[] {
  const batches: Batch[] = [];
  const permissionsOf = [R, R | W, 0n, X, R | X, R | W | X, R];
  for (let k = 0; k < 14; k++) {
    const page = BigInt(DATA_START + 0x1_0000 + 0x1000 * Math.floor(k / 2));
    const isTor = k % 4 === 3;
    const bits = (permissionsOf[k >> 1] ?? 0n) | 0x80n | (isTor ? TOR : NAPOT);
    if (k % 2 === 0) continue;
    const cfg = k < 8 ? CSR.pmpcfg0 : CSR.pmpcfg2;
    const set = [
      csrw(0x3b0 + k - 1, A4),
      csrw(0x3b0 + k, A5),
      csrrs(0, cfg, T2),
      csrw(0x3b0 + k - 1, T3),
      csrw(0x3b0 + k, T3),
    ];
    const reads = [csrr(A6, 0x3b0 + k - 1), csrr(A7, 0x3b0 + k), csrw(cfg, 29), csrr(30, cfg), 0, EBREAK];
    const byte = BigInt(8 * (k % 8));
    const keep = cfg === CSR.pmpcfg2 ? BACKGROUND : 0n;
    batches.push(
      batch({
        name: `entry ${k} locked`,
        code: [...set, ...reads],
        inputs: [
          codeWord(9),
          x(A2, 'address'),
          x(A4, 'pmpaddr below'),
          x(A5, 'pmpaddr'),
          x(T2, 'pmpcfg'),
          x(T3),
          x(29, 'pmpcfg again'),
        ],
        outputs: [TRAP.cause, TRAP.epc, TRAP.tval, x(A1), x(A6, 'pmpaddr below'), x(A7, 'pmpaddr'), x(30, 'pmpcfg')],
        flags: Flag.resetCsrs,
        tuples: product(ACCESSES, [page - 8n, page, page + 0xff8n, page + 0x1000n]).map((pair) => [
          ...pair,
          page >> 2n,
          isTor ? (page + 0x1000n) >> 2n : napot(page, 0x1000n),
          bits << byte,
          0x1234n,
          keep,
        ]),
      }),
    );
  }
  return batches;
}

/**
 * Whether a step was a trap, and whether code that a trap left has come back: from registers alone. Manual: "Trap
 * handling" of the machine- and supervisor-level chapters.
 */

import type { GuestView } from './target.ts';

/** What tells one strand of execution from another, and where it stands. */
export interface Strand {
  readonly pc: bigint;
  readonly sp: bigint;
  readonly priv: bigint;
  /** Root page table. */
  readonly root: bigint;
}
/** A strand, and what the last traps have left behind. */
export interface Context extends Strand {
  readonly m: TrapState;
  readonly s: TrapState;
}
interface TrapState {
  readonly epc: bigint;
  readonly cause: bigint;
  readonly tvec: bigint;
  readonly enabled: boolean;
  /** Privilege that the last trap came from. */
  readonly from: bigint;
}

const Priv = { U: 0n, S: 1n, M: 3n } as const;
const SATP_PPN = (1n << 44n) - 1n;
const INTERRUPT = 1n << 63n;
const Cause = { ecallU: 8n, ecallS: 9n, fetchPage: 12n, loadPage: 13n, storePage: 15n } as const;
const PAGE_FAULTS: readonly bigint[] = [Cause.fetchPage, Cause.loadPage, Cause.storePage];
const ECALLS: readonly bigint[] = [Cause.ecallU, Cause.ecallS];
const SRET = 0x1020_0073;
const MRET = 0x3020_0073;

export function contextOf(view: GuestView, hart: number): Context {
  const read = (name: string): bigint => view.readRegister(hart, name);
  const status = read('mstatus');
  return {
    pc: read('pc'),
    sp: read('sp'),
    priv: read('priv'),
    root: read('satp') & SATP_PPN,
    m: {
      epc: read('mepc'),
      cause: read('mcause'),
      tvec: read('mtvec'),
      enabled: (status & 8n) !== 0n,
      from: (status >> 11n) & 3n,
    },
    s: {
      epc: read('sepc'),
      cause: read('scause'),
      tvec: read('stvec'),
      enabled: (status & 2n) !== 0n,
      from: (status >> 8n) & 1n,
    },
  };
}

/** The cause of the trap that the step from `before` to `after` took; undefined when it took none. */
export function trapTaken(before: Context, after: Context): bigint | undefined {
  if (after.priv !== Priv.S && after.priv !== Priv.M) return undefined;
  const [was, now] = after.priv === Priv.M ? [before.m, after.m] : [before.s, after.s];
  if (now.epc !== before.pc || now.from !== before.priv || now.enabled) return undefined;
  if ((now.cause & INTERRUPT) === 0n) return after.pc === (now.tvec & ~3n) ? now.cause : undefined;
  // An earlier interrupt at this very instruction leaves the same epc and cause; its return has reset `from`, or the
  // privilege rises now.
  const isFresh = was.epc !== now.epc || was.cause !== now.cause || was.from !== now.from || was.enabled;
  return isFresh || before.priv < after.priv ? now.cause : undefined;
}

export const isInterrupt = (cause: bigint): boolean => (cause & INTERRUPT) !== 0n;
export const isEnvironmentCall = (cause: bigint): boolean => ECALLS.includes(cause);

/**
 * Whether a step that meets this trap is to go on where the code that was left comes back: interrupts, calls of the
 * environment, and page faults of user code, which the system resolves unseen. Other traps are what one looks for.
 */
export function isPassedOver(cause: bigint, from: Context): boolean {
  return isInterrupt(cause) || isEnvironmentCall(cause) || (from.priv === Priv.U && PAGE_FAULTS.includes(cause));
}

/** Same privilege, same stack and, in user mode, same address space: the code that a trap left, wherever its pc is. */
export const isSameStrand = (a: Strand, b: Strand): boolean =>
  a.sp === b.sp && a.priv === b.priv && (a.priv !== Priv.U || a.root === b.root);

/** What an exception left that has just been taken: its handler has made no step, so the stack is the same. */
export function leftBy({ priv, sp, root, m, s }: Context): Strand {
  const { epc, from } = priv === Priv.M ? m : s;
  return { pc: epc, sp, priv: from, root };
}

/** Whether the instruction at pc returns from a trap. */
export function returnsFromTrap(view: GuestView, hart: number): boolean {
  const bytes = view.readMemory(hart, view.readRegister(hart, 'pc'), 4);
  if (bytes.length < 4) return false;
  const word = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return word === SRET || word === MRET;
}

/**
 * Floating point by the host where bits and flags are provably those of IEEE 754, stated once: as procedures that try
 * the host before soft float, and as expressions for code that has its own way of going on.
 *
 * The proofs are with the operations: host-arithmetic.ts, host-convert.ts. What a host is used for depends on it only
 * in whether it fuses multiply and add (host-fma.ts); what comes out never does.
 */

import { type FpFormat, type FpOp, type Proc, proc, type Semantics } from '../../isa/vocabulary.ts';
import { constant, type Expr, type I32, type I64, Once } from '../../wasm/expr.ts';
import type { FunctionBuilder } from '../../wasm/function.ts';
import { fusesMultiplyAdd } from '../fp/host-fma.ts';
import { Flag, raiseFlags } from '../fp/soft-format.ts';
import type { WasmBinding } from './binding.ts';
import { type FloatType, type Lane, laneD, laneS } from './float-lane.ts';
import { fusedD, fusedS, product, quotient, root, sum } from './host-arithmetic.ts';
import { compare, demoted, extreme, fromInteger, type HostRounding, promoted, toInteger } from './host-convert.ts';
import type { HostResult, Operands } from './host-result.ts';
import type { Order } from './order.ts';

const RNE = 0;
const RTZ = 1;
const RDN = 2;
const RUP = 3;

/** The rounding modes in which the host can do an operation, the usual one first; 'any' where nothing is rounded. */
function hostRoundings(op: FpOp, format: FpFormat, hostFuses: boolean): 'any' | readonly HostRounding[] {
  switch (op) {
    case 'classify':
      return [];
    case 'fma':
      return hostFuses || format === 'S' ? [RNE] : [];
    case 'min':
    case 'max':
    case 'eq':
    case 'lt':
    case 'le':
      return 'any';
    case 'toI32':
    case 'toU32':
    case 'toI64':
    case 'toU64':
      return [RTZ, RNE, RDN, RUP];
    case 'fromI32':
    case 'fromU32':
      return format === 'D' ? 'any' : [RNE];
    case 'toOther':
      return format === 'S' ? 'any' : [RNE];
    default:
      return [RNE];
  }
}

/** `rm` is one that the host has for this operation. */
function hostResult(op: FpOp, format: FpFormat, rm: HostRounding, args: Operands, hostFuses: boolean): HostResult {
  if (op === 'fma') return format === 'S' ? fusedS(args, hostFuses) : fusedD(args);
  if (op === 'toOther') return format === 'S' ? promoted(args) : demoted(args);
  return format === 'S' ? inLane(laneS, op, rm, args) : inLane(laneD, op, rm, args);
}

function inLane<T extends FloatType>(
  lane: Lane<T>,
  op: Exclude<FpOp, 'fma' | 'toOther'>,
  rm: HostRounding,
  args: Operands,
): HostResult {
  switch (op) {
    case 'add':
    case 'sub':
      return sum(lane, args, op);
    case 'mul':
      return product(lane, args);
    case 'div':
      return quotient(lane, args);
    case 'sqrt':
      return root(lane, args);
    case 'min':
    case 'max':
      return extreme(lane, args, op);
    case 'eq':
    case 'lt':
    case 'le':
      return compare(lane, args, op);
    case 'toI32':
    case 'toU32':
    case 'toI64':
    case 'toU64':
      return toInteger(lane, args, intName(op), rm);
    case 'fromI32':
    case 'fromU32':
    case 'fromI64':
    case 'fromU64':
      return fromInteger(lane, args, intName(op));
    case 'classify':
      throw new Error('the host does not classify');
  }
}
type IntOp<O> = O extends `${'to' | 'from'}${infer N extends 'I32' | 'U32' | 'I64' | 'U64'}` ? N : never;
const intName = <O extends FpOp>(op: O): IntOp<O> => op.replace(/^to|^from/, '') as IntOp<O>;

export interface InlineFloat {
  /**
   * Raw result bits as the vocabulary's `fp` gives them, over locals of the present scope. A D result is the bits of a
   * double, so that its use as a double again costs nothing (wasm/fold.ts).
   */
  readonly bits: I64;
  /** The bits are right, and the operation raised nothing but perhaps NX. Constant 1 where that is always so. */
  readonly ok: I32;
  /** When `ok`, NX may have been raised: the bits are to be used only where `fflags` has NX already. */
  readonly mayBeInexact: boolean;
}

/**
 * The inline part of an operation, computed at this place, or undefined where the host is of no use. `rm` is the
 * rounding mode, 0 to 4, if it is known when code is generated. Where `ok` does not hold the operation is still to be
 * done: by the vocabulary's `fp`, or `hostFirst`. Each of `args` is computed once here.
 */
export function inlineHostFloat(
  order: Order,
  op: FpOp,
  format: FpFormat,
  rm: number | undefined,
  args: readonly I64[],
  hostFuses: boolean = fusesMultiplyAdd(),
): InlineFloat | undefined {
  const roundings = hostRoundings(op, format, hostFuses);
  const mode = roundings === 'any' ? RNE : roundings.find((each) => each === rm);
  if (mode === undefined) return undefined;
  const { bits, tame, exact } = hostResult(op, format, mode, args, hostFuses);
  settleIn(order.fn, bits);
  return { bits, ok: tame, mayBeInexact: exact !== 'always' };
}

/** Computes what an expression shares with others, and leaves the rest of it to where it is used. */
function settleIn(fn: FunctionBuilder, e: Expr): void {
  if (e instanceof Once) fn.settle(e);
  else for (const arg of e.args) settleIn(fn, arg);
}

const wrapped: Readonly<Record<'true' | 'false', WeakMap<Proc, Proc>>> = { true: new WeakMap(), false: new WeakMap() };

/**
 * A procedure that means what `soft` means, the soft float for this operation and format, and lets the host do it where
 * it can. Only for the wasm binding. The same procedure for the same arguments.
 */
export function hostFirst(op: FpOp, format: FpFormat, soft: Proc, hostFuses: boolean = fusesMultiplyAdd()): Proc {
  const known = wrapped[`${hostFuses}`].get(soft);
  if (known !== undefined) return known;
  const made = wrap(op, format, soft, hostFuses);
  wrapped[`${hostFuses}`].set(soft, made);
  return made;
}

type WasmBody = (s: Semantics<WasmBinding>, rm: I64, ...args: I64[]) => I64;

function wrap(op: FpOp, format: FpFormat, soft: Proc, hostFuses: boolean): Proc {
  const roundings = hostRoundings(op, format, hostFuses);
  if (roundings.length === 0) return soft;
  const body: WasmBody = (s, rm, ...args) => {
    const host = (mode: HostRounding): HostResult => hostResult(op, format, mode, args, hostFuses);
    if (roundings === 'any') {
      const result = host(RNE);
      if (result.exact === 'always' && constant(result.tame) === 1) return result.bits;
      returnIfSure(s, result);
    } else {
      for (const mode of roundings) s.if(s.eq(rm, s.lit(mode)), () => returnIfSure(s, host(mode)));
    }
    return s.call(soft, rm, ...args);
  };
  // A body over wasm expressions alone, where a procedure's is over any binding.
  return proc(`${soft.name}.host`, soft.params, body as unknown as Proc['body']);
}

/** Ends the procedure with the host's result where it and NX are known. */
function returnIfSure(s: Semantics<WasmBinding>, { bits, tame, exact, zero }: HostResult): void {
  const result = s.let(bits);
  s.if(tame, () => {
    if (exact === 'always') {
      s.ret(result);
      return;
    }
    s.if(s.ne(s.and(s.get('fflags'), s.lit(Flag.NX)), s.lit(0)), () => s.ret(result));
    const judge = (): void => {
      s.if(s.not(exact.holds), () => raiseFlags(s, Flag.NX));
      s.ret(result);
    };
    if (exact.known === undefined) judge();
    else s.if(exact.known, judge);
  });
  if (zero !== undefined) s.if(zero, () => s.ret(result));
}

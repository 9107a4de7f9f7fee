/**
 * The vocabulary in which every architectural meaning is written once: instructions, CSRs, traps, translation.
 *
 * A meaning is a function over `Semantics<B>`. What `B` is bound to decides what comes out: BigInt values give the
 * reference engine, wasm expressions give the interpreter and the translator, a recorder gives metadata.
 * All values are 64-bit words; conditions are a sort of their own. Nothing here knows how a value is represented.
 *
 * Rules that a body keeps:
 * - A value used twice is bound with `let`; an expression is otherwise evaluated where it is used, once.
 * - What may raise (`load`, `store`, `amo`, `raise`, `call` of a raising procedure) comes before any change of
 *   architectural state, so that a trap finds the instruction as if it had not begun.
 * - `if`, `match` and `while` take thunks; the body of a thunk runs only when its arm is taken.
 */

import type { HartField } from '../cpu/hart-layout.ts';

/** What a binding chooses its values, conditions and register operands to be. */
export interface Binding {
  readonly value: unknown;
  readonly cond: unknown;
  readonly reg: unknown;
}

export type Width = 1 | 2 | 4 | 8;

/** A mutable local of a body. */
export interface Cell<B extends Binding> {
  get(): B['value'];
  set(v: B['value']): void;
}

/** Operands of one instruction; its format (format.ts) says which of them exist. Immediates are sign-extended. */
export interface Operands<B extends Binding> {
  readonly rd: B['reg'];
  readonly rs1: B['reg'];
  readonly rs2: B['reg'];
  readonly rs3: B['reg'];
  /** Immediate of I, S, B, U and J formats, sign-extended; B and J are byte offsets from pc, U is already shifted. */
  readonly imm: B['value'];
  /** Shift amount: 6 bits, 5 bits in the W forms. */
  readonly shamt: B['value'];
  /** CSR number, 12 bits. */
  readonly csr: B['value'];
  /** The rs1 field as a 5-bit unsigned immediate (CSRRWI and its kin). */
  readonly uimm: B['value'];
  /** The rm field of a floating-point instruction, 3 bits, 7 meaning "as frm says". */
  readonly rm: B['value'];
  /** The aq and rl bits of an atomic, 2 bits: nothing to do, memory is in program order. */
  readonly aqrl: B['value'];
}

export type FpFormat = 'S' | 'D';
/**
 * Floating-point operations with `fflags` as a side effect. Values are raw bits, an S value or a 32-bit integer result
 * in the low 32 bits with the upper 32 zero; fromI32 and fromU32 look at the low 32 bits of a register.
 */
export type FpOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'sqrt'
  | 'fma'
  | 'min'
  | 'max'
  | 'eq'
  | 'lt'
  | 'le'
  | 'classify'
  | 'toI32'
  | 'toU32'
  | 'toI64'
  | 'toU64'
  | 'fromI32'
  | 'fromU32'
  | 'fromI64'
  | 'fromU64'
  | 'toOther';

/** Reads that are not a function of machine state: each is logged with its tick and comes from the log in a replay. */
export const Nondet = { seed: 0, time: 1 } as const;

/**
 * A named piece of meaning that others call: becomes one wasm function, or one JavaScript call on BigInts.
 * Returns one value (0 when it has nothing to say).
 */
export interface Proc {
  readonly name: string;
  readonly params: readonly string[];
  // biome-ignore lint/suspicious/noConfusingVoidType: a body with nothing to say is a statement lambda.
  readonly body: <B extends Binding>(s: Semantics<B>, ...args: B['value'][]) => B['value'] | void;
}
export const proc = (name: string, params: readonly string[], body: Proc['body']): Proc => ({ name, params, body });

export interface Semantics<B extends Binding> {
  lit(n: bigint | number): B['value'];

  // Arithmetic modulo 2^64. div, divu, rem, remu as the M extension defines them for 0 and overflow (no trap).
  add(a: B['value'], b: B['value']): B['value'];
  sub(a: B['value'], b: B['value']): B['value'];
  mul(a: B['value'], b: B['value']): B['value'];
  mulh(a: B['value'], b: B['value']): B['value'];
  mulhsu(a: B['value'], b: B['value']): B['value'];
  mulhu(a: B['value'], b: B['value']): B['value'];
  div(a: B['value'], b: B['value']): B['value'];
  divu(a: B['value'], b: B['value']): B['value'];
  rem(a: B['value'], b: B['value']): B['value'];
  remu(a: B['value'], b: B['value']): B['value'];
  and(a: B['value'], b: B['value']): B['value'];
  or(a: B['value'], b: B['value']): B['value'];
  xor(a: B['value'], b: B['value']): B['value'];
  inv(a: B['value']): B['value'];
  /** Shifts and rotations use the low 6 bits of `n`. */
  sll(a: B['value'], n: B['value']): B['value'];
  srl(a: B['value'], n: B['value']): B['value'];
  sra(a: B['value'], n: B['value']): B['value'];
  rotl(a: B['value'], n: B['value']): B['value'];
  rotr(a: B['value'], n: B['value']): B['value'];
  /** Sign- or zero-extend the low `bits`. */
  sext(bits: 8 | 16 | 32, a: B['value']): B['value'];
  zext(bits: 8 | 16 | 32, a: B['value']): B['value'];
  /** Leading zeros, trailing zeros (64 for 0), set bits. */
  clz(a: B['value']): B['value'];
  ctz(a: B['value']): B['value'];
  cpop(a: B['value']): B['value'];

  eq(a: B['value'], b: B['value']): B['cond'];
  ne(a: B['value'], b: B['value']): B['cond'];
  lt(a: B['value'], b: B['value']): B['cond'];
  ltu(a: B['value'], b: B['value']): B['cond'];
  ge(a: B['value'], b: B['value']): B['cond'];
  geu(a: B['value'], b: B['value']): B['cond'];
  /** Non-strict: both sides are evaluated. */
  both(a: B['cond'], b: B['cond']): B['cond'];
  either(a: B['cond'], b: B['cond']): B['cond'];
  not(a: B['cond']): B['cond'];
  /** 1 or 0. */
  bool(c: B['cond']): B['value'];
  /** Both arms are evaluated; neither may raise or have an effect. */
  select(c: B['cond'], a: B['value'], b: B['value']): B['value'];

  let(v: B['value']): B['value'];
  letCond(c: B['cond']): B['cond'];
  cell(init: B['value']): Cell<B>;
  if(c: B['cond'], then: () => void, otherwise?: () => void): void;
  match(v: B['value'], cases: readonly (readonly [readonly bigint[], () => void])[], otherwise: () => void): void;
  while(c: () => B['cond'], body: () => void): void;

  /** Integer register; x0 reads 0 and ignores writes. */
  x(r: B['reg']): B['value'];
  setX(r: B['reg'], v: B['value']): void;
  /** Floating-point register, raw 64 bits (NaN boxing is the caller's). */
  f(r: B['reg']): B['value'];
  setF(r: B['reg'], v: B['value']): void;

  /** Address of this instruction; of the one after it; its raw bits (16 when compressed). Instruction bodies only. */
  pc(): B['value'];
  nextPc(): B['value'];
  insn(): B['value'];
  jump(target: B['value']): void;
  branch(c: B['cond'], target: B['value']): void;

  /** Virtual memory access with all checks. A load of less than 8 bytes is sign- or zero-extended. */
  load(addr: B['value'], width: Width, signed: boolean): B['value'];
  store(addr: B['value'], width: Width, v: B['value']): void;
  /** Reads the old value (sign-extended), stores `f(old)`, gives the old value. Faults as a store, misaligned too. */
  amo(addr: B['value'], width: 4 | 8, f: (old: B['value']) => B['value']): B['value'];
  loadReserved(addr: B['value'], width: 4 | 8): B['value'];
  /** 0 when stored, 1 when not. */
  storeConditional(addr: B['value'], width: 4 | 8, v: B['value']): B['value'];

  /** IEEE 754 operation; `rm` 0 to 4 is a resolved rounding mode; exceptions are or-ed into `fflags`. */
  fp(op: FpOp, format: FpFormat, rm: B['value'], ...args: B['value'][]): B['value'];

  /** Enters the trap handler for an exception of this instruction. Nothing after it in the body runs. */
  raise(cause: B['value'], tval: B['value']): void;
  /** Ends the procedure that is being run with this value. Procedures only. */
  ret(v: B['value']): void;
  call(p: Proc, ...args: B['value'][]): B['value'];
  /** Privilege, translation or interrupt state may have changed: engines look again before the next step. */
  contextChanged(): void;

  /** A named field of the hart (hart-layout.ts), 64 bits. */
  get(field: HartField): B['value'];
  set(field: HartField, v: B['value']): void;
  /** The hart's block by byte offset, for its tables; and linear memory by host address. */
  hartLoad(offset: B['value'], width: 4 | 8): B['value'];
  hartStore(offset: B['value'], width: 4 | 8, v: B['value']): void;
  /** Fills that many bytes of the hart's block with all ones: empties a table. */
  hartFill(offset: B['value'], bytes: B['value']): void;
  /** Guest RAM by physical address, which the caller has checked. Zero-extended. A store marks the page as changed. */
  ramLoad(pa: B['value'], width: Width): B['value'];
  ramStore(pa: B['value'], width: Width, v: B['value']): void;
  /** Whether [pa, pa + bytes) lies in RAM. */
  inRam(pa: B['value'], bytes: B['value']): B['cond'];
  /** Address in linear memory of a byte of guest RAM, which the caller has checked: what a fast TLB entry points to. */
  hostAddr(pa: B['value']): B['value'];
  /** Whether a device answers at this physical address. */
  inDevice(pa: B['value']): B['cond'];
  /** Device registers; zero-extended. */
  mmioLoad(pa: B['value'], width: Width): B['value'];
  mmioStore(pa: B['value'], width: Width, v: B['value']): void;
  /** 1 when a debugger watches one of these bytes of RAM for such an access (priv/alerts.ts), else 0. */
  watched(pa: B['value'], bytes: B['value'], touch: B['value']): B['value'];
  nondet(kind: number): B['value'];
  /** RAM pages of this machine, and what the host keeps for each (memory-layout.ts); numbered from the start of RAM. */
  ramPages(): B['value'];
  pageFlags(page: B['value']): B['value'];
  setPageFlags(page: B['value'], v: B['value']): void;
  pageHash(page: B['value']): B['value'];
  setPageHash(page: B['value'], v: B['value']): void;
  /** Which lines of a page with PageFlag.code code was compiled from. */
  codeLines(page: B['value']): B['value'];
}

/**
 * The vocabulary bound to BigInts over linear memory: the reference. Procedures are called as functions; every load,
 * store and atomic goes the architectural path (the slow procedures), never by fast TLB tags.
 * Invariant: what it leaves in memory is what the wasm engines need: a store to RAM marks its page as changed, and
 * fast tags are touched by the procedures only.
 */

import type { HostAddr } from '../../../lib/brands.ts';
import type { FpFormat, FpOp, Proc, Semantics, Width } from '../../isa/vocabulary.ts';
import type { Bus } from '../engine.ts';
import type { RoundingMode } from '../fp/exact.ts';
import { F_OFFSET, fieldOffset, type HartField, X_OFFSET } from '../hart-layout.ts';
import { type MemoryLayout, PAGE_SHIFT, PageFlag, RAM_BASE } from '../memory-layout.ts';
import { Arithmetic, type Big, unsigned } from './arithmetic.ts';
import { exactFp } from './fp.ts';
import { Returned, Trapped } from './signals.ts';

/** The procedures that words of the vocabulary stand for. */
export interface WordProcs {
  readonly takeTrap: Proc;
  readonly loadSlow: Proc;
  readonly storeSlow: Proc;
  readonly amoTranslate: Proc;
}

/** The instruction being run. `next` is where the following step starts. */
interface Step {
  readonly pc: bigint;
  readonly nextPc: bigint;
  readonly raw: bigint;
  next: bigint;
}
const noStep: Step = { pc: 0n, nextPc: 0n, raw: 0n, next: 0n };

const RAM_BASE_BIG = BigInt(RAM_BASE);
const sign = (width: Width, v: bigint): bigint => unsigned(BigInt.asIntN(8 * width, v));

export class Reference extends Arithmetic implements Semantics<Big> {
  /** The hart worked on, by its block's address. */
  hart: HostAddr;
  step: Step = noStep;
  readonly #view: DataView;
  readonly #layout: MemoryLayout;
  readonly #bus: Bus;
  readonly #procs: WordProcs;

  constructor(memory: WebAssembly.Memory, layout: MemoryLayout, bus: Bus, procs: WordProcs) {
    super();
    this.hart = layout.hartAt(0);
    this.#view = new DataView(memory.buffer);
    this.#layout = layout;
    this.#bus = bus;
    this.#procs = procs;
  }

  x(r: number): bigint {
    return r === 0 ? 0n : this.#view.getBigUint64(this.hart + X_OFFSET + 8 * r, true);
  }
  setX(r: number, v: bigint): void {
    if (r !== 0) this.#view.setBigUint64(this.hart + X_OFFSET + 8 * r, v, true);
  }
  f(r: number): bigint {
    return this.#view.getBigUint64(this.hart + F_OFFSET + 8 * r, true);
  }
  setF(r: number, v: bigint): void {
    this.#view.setBigUint64(this.hart + F_OFFSET + 8 * r, v, true);
  }

  pc(): bigint {
    return this.step.pc;
  }
  nextPc(): bigint {
    return this.step.nextPc;
  }
  insn(): bigint {
    return this.step.raw;
  }
  jump(target: bigint): void {
    this.step.next = target;
  }
  branch(c: boolean, target: bigint): void {
    if (c) this.step.next = target;
  }

  load(addr: bigint, width: Width, signed: boolean): bigint {
    const v = this.call(this.#procs.loadSlow, addr, BigInt(width));
    return signed ? sign(width, v) : v;
  }
  store(addr: bigint, width: Width, v: bigint): void {
    this.call(this.#procs.storeSlow, addr, BigInt(width), BigInt.asUintN(8 * width, v));
  }
  amo(addr: bigint, width: 4 | 8, f: (old: bigint) => bigint): bigint {
    const pa = this.call(this.#procs.amoTranslate, addr, BigInt(width), 1n);
    const old = sign(width, this.ramLoad(pa, width));
    this.ramStore(pa, width, f(old));
    return old;
  }
  loadReserved(addr: bigint, width: 4 | 8): bigint {
    const pa = this.call(this.#procs.amoTranslate, addr, BigInt(width), 0n);
    this.set('reservation', pa);
    return sign(width, this.ramLoad(pa, width));
  }
  storeConditional(addr: bigint, width: 4 | 8, v: bigint): bigint {
    const pa = this.call(this.#procs.amoTranslate, addr, BigInt(width), 1n);
    const held = this.get('reservation') === pa;
    this.set('reservation', this.lit(-1));
    if (held) this.ramStore(pa, width, v);
    return held ? 0n : 1n;
  }

  fp(op: FpOp, format: FpFormat, rm: bigint, ...args: bigint[]): bigint {
    if (rm > 4n) throw new Error(`fp ${op}: rounding mode ${rm} is not resolved`);
    const { bits, flags } = exactFp(op, format, Number(rm) as RoundingMode, args);
    this.set('fflags', this.get('fflags') | BigInt(flags));
    return bits;
  }

  raise(cause: bigint, tval: bigint): never {
    this.call(this.#procs.takeTrap, cause, tval);
    throw new Trapped(cause, tval);
  }
  ret(v: bigint): never {
    throw new Returned(v);
  }
  call(p: Proc, ...args: bigint[]): bigint {
    if (args.length !== p.params.length)
      throw new Error(`${p.name} takes ${p.params.length} values, not ${args.length}`);
    try {
      return p.body<Big>(this, ...args) ?? 0n;
    } catch (signal) {
      if (signal instanceof Returned) return signal.value;
      throw signal;
    }
  }
  /** Nothing to do: the reference looks at everything at every boundary. */
  contextChanged(): void {}

  get(field: HartField): bigint {
    return this.#view.getBigUint64(this.hart + fieldOffset(field), true);
  }
  set(field: HartField, v: bigint): void {
    this.#view.setBigUint64(this.hart + fieldOffset(field), v, true);
  }
  hartLoad(offset: bigint, width: 4 | 8): bigint {
    return this.#read(this.hart + Number(offset), width);
  }
  hartStore(offset: bigint, width: 4 | 8, v: bigint): void {
    this.#write(this.hart + Number(offset), width, v);
  }
  hartFill(offset: bigint, bytes: bigint): void {
    new Uint8Array(this.#view.buffer, this.hart + Number(offset), Number(bytes)).fill(0xff);
  }
  ramLoad(pa: bigint, width: Width): bigint {
    return this.#read(this.#ramAddress(pa, width), width);
  }
  ramStore(pa: bigint, width: Width, v: bigint): void {
    const address = this.#ramAddress(pa, width);
    const first = this.#pageOf(pa);
    const last = this.#pageOf(pa + BigInt(width - 1));
    for (let page = first; page <= last; page += 1n)
      this.setPageFlags(page, this.pageFlags(page) | BigInt(PageFlag.dirty));
    this.#write(address, width, v);
  }
  inRam(pa: bigint, bytes: bigint): boolean {
    return pa >= RAM_BASE_BIG && pa + bytes <= RAM_BASE_BIG + BigInt(this.#layout.ramBytes);
  }
  hostAddr(pa: bigint): bigint {
    return BigInt(this.#ramAddress(pa, 1));
  }
  inDevice(pa: bigint): boolean {
    return pa < 1n << 32n && this.#bus.has(Number(pa));
  }
  mmioLoad(pa: bigint, width: Width): bigint {
    return BigInt.asUintN(8 * width, this.#bus.load(Number(pa), width));
  }
  mmioStore(pa: bigint, width: Width, v: bigint): void {
    this.#bus.store(Number(pa), width, BigInt.asUintN(8 * width, v));
  }
  nondet(kind: number): bigint {
    return unsigned(this.#bus.nondet(kind));
  }
  ramPages(): bigint {
    return BigInt(this.#layout.ramPages);
  }
  pageFlags(page: bigint): bigint {
    return this.#read(this.#layout.pageFlagsAt + Number(page), 1);
  }
  setPageFlags(page: bigint, v: bigint): void {
    this.#write(this.#layout.pageFlagsAt + Number(page), 1, v);
  }
  /** Watching is asked of other engines only. */
  watched(): bigint {
    return 0n;
  }
  codeLines(page: bigint): bigint {
    return this.#read(this.#layout.codeLinesAt + 8 * Number(page), 8);
  }
  pageHash(page: bigint): bigint {
    return this.#read(this.#layout.pageHashAt + 8 * Number(page), 8);
  }
  setPageHash(page: bigint, v: bigint): void {
    this.#write(this.#layout.pageHashAt + 8 * Number(page), 8, v);
  }

  #pageOf(pa: bigint): bigint {
    return (pa - RAM_BASE_BIG) >> BigInt(PAGE_SHIFT);
  }
  #ramAddress(pa: bigint, width: Width): number {
    if (!this.inRam(pa, BigInt(width))) throw new Error(`access to 0x${pa.toString(16)}, which is not in RAM`);
    return this.#layout.ramAt + Number(pa - RAM_BASE_BIG);
  }
  #read(address: number, width: Width): bigint {
    if (width === 8) return this.#view.getBigUint64(address, true);
    if (width === 4) return BigInt(this.#view.getUint32(address, true));
    return BigInt(width === 2 ? this.#view.getUint16(address, true) : this.#view.getUint8(address));
  }
  #write(address: number, width: Width, v: bigint): void {
    if (width === 8) this.#view.setBigUint64(address, v, true);
    else if (width === 4) this.#view.setUint32(address, Number(v & 0xffff_ffffn), true);
    else if (width === 2) this.#view.setUint16(address, Number(v & 0xffffn), true);
    else this.#view.setUint8(address, Number(v & 0xffn));
  }
}

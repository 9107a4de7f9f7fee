/**
 * What a row of the CSR table is, and the kinds of row that recur. Privilege and read-only are in the number itself:
 * bits 9:8 are the lowest privilege, bits 11:10 all ones mean read-only.
 */

import type { Binding, Semantics } from '../../isa/vocabulary.ts';
import type { HartField } from '../hart-layout.ts';
import { merge } from './fields.ts';

export type CsrRead = <B extends Binding>(s: Semantics<B>) => B['value'];
/** Takes the whole value that software writes; what the field makes of it (WARL) is said here. `v` is used once. */
export type CsrWrite = <B extends Binding>(s: Semantics<B>, v: B['value']) => void;
/** Whether an access that the number permits is permitted; `writes` says that the instruction writes. */
export type CsrGuard = <B extends Binding>(s: Semantics<B>, writes: B['cond']) => B['cond'];

export interface Csr {
  readonly number: number;
  readonly name: string;
  readonly read: CsrRead;
  readonly write: CsrWrite;
  readonly guard?: CsrGuard;
}

export const csr = (number: number, name: string, read: CsrRead, write: CsrWrite, guard?: CsrGuard): Csr =>
  guard === undefined ? { number, name, read, write } : { number, name, read, write, guard };

export const ignored: CsrWrite = () => {};
export const constant =
  (v: bigint): CsrRead =>
  (s) =>
    s.lit(v);
/** As the field is. */
export const plain =
  (field: HartField): CsrRead =>
  (s) =>
    s.get(field);
/** The bits of `mask` are kept, the others are 0. */
export const masked =
  (field: HartField, mask: bigint): CsrWrite =>
  (s, v) =>
    s.set(field, s.and(v, s.lit(mask)));
/** A field with these writable bits. */
export const field = (number: number, name: HartField, mask = ~0n): Csr =>
  csr(number, name, plain(name), mask === ~0n ? (s, v) => s.set(name, v) : masked(name, mask));
/** Reads as `v`; writes are ignored, or illegal where the number says read-only. */
export const fixed = (number: number, name: string, v: bigint): Csr => csr(number, name, constant(v), ignored);

/** mtvec and stvec: BASE, and MODE direct or vectored; a write of a reserved MODE is ignored. */
export const trapVector = (number: number, name: 'mtvec' | 'stvec'): Csr =>
  csr(number, name, plain(name), (s, v) => {
    const written = s.let(v);
    s.if(s.eq(s.and(written, s.lit(2)), s.lit(0)), () => s.set(name, written));
  });

/**
 * menvcfg and senvcfg: the bits of `mask`; CBIE, which is among them, keeps its value when the reserved 2 is written.
 */
export function setEnvcfg<B extends Binding>(
  s: Semantics<B>,
  name: 'menvcfg' | 'senvcfg',
  v: B['value'],
  mask: bigint,
): void {
  const cbie = 3n << 4n;
  const written = s.let(v);
  const isReserved = s.eq(s.and(written, s.lit(cbie)), s.lit(2n << 4n));
  const legal = s.select(isReserved, merge(s, written, s.get(name), cbie), written);
  s.set(name, s.and(legal, s.lit(mask)));
}

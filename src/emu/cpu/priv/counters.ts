/**
 * mcycle and minstret count ticks, from an offset; mcountinhibit holds either still. The programmable counters are not
 * implemented: mhpmcounter and mhpmevent are 0. A write takes effect after the instruction that makes it, so the next
 * instruction reads the value written. Manual: "Hardware Performance Monitor", "Machine Counter-Inhibit".
 */

import type { Binding, Semantics } from '../../isa/vocabulary.ts';
import { has, Priv } from './fields.ts';

/** A counter that counts: its offset field and its bit in mcountinhibit. */
export interface Counter {
  readonly offset: 'cycleOffset' | 'instretOffset';
  readonly bit: bigint;
}
export const cycle: Counter = { offset: 'cycleOffset', bit: 0n };
export const instret: Counter = { offset: 'instretOffset', bit: 2n };

const isInhibited = <B extends Binding>(s: Semantics<B>, { bit }: Counter): B['cond'] =>
  has(s, s.get('mcountinhibit'), 1n << bit);

export const readCounter = <B extends Binding>(s: Semantics<B>, counter: Counter): B['value'] =>
  s.add(s.get(counter.offset), s.select(isInhibited(s, counter), s.lit(0), s.get('tick')));

/** The tick of the next instruction, or 0 while the counter is held: what its offset is relative to. */
const nextTick = <B extends Binding>(s: Semantics<B>, inhibited: B['cond']): B['value'] =>
  s.select(inhibited, s.lit(0), s.add(s.get('tick'), s.lit(1)));

export const writeCounter = <B extends Binding>(s: Semantics<B>, counter: Counter, v: B['value']): void =>
  s.set(counter.offset, s.sub(v, nextTick(s, isInhibited(s, counter))));

/** CY and IR can be written. A counter goes on from, or stays at, the value it has after this instruction. */
export function writeCountInhibit<B extends Binding>(s: Semantics<B>, v: B['value']): void {
  const written = s.let(v);
  for (const counter of [cycle, instret]) {
    const was = s.letCond(isInhibited(s, counter));
    const will = has(s, written, 1n << counter.bit);
    const value = s.let(s.add(s.get(counter.offset), nextTick(s, was)));
    s.set(counter.offset, s.sub(value, nextTick(s, will)));
  }
  s.set('mcountinhibit', s.and(written, s.lit((1n << cycle.bit) | (1n << instret.bit))));
}

/** Whether counter `bit` may be read here: below M mcounteren must say so, in U scounteren too. */
export function counterEnabled<B extends Binding>(s: Semantics<B>, bit: bigint): B['cond'] {
  const priv = s.let(s.get('priv'));
  const byM = s.either(s.eq(priv, s.lit(Priv.M)), has(s, s.get('mcounteren'), 1n << bit));
  const byS = s.either(s.ne(priv, s.lit(Priv.U)), has(s, s.get('scounteren'), 1n << bit));
  return s.both(byM, byS);
}

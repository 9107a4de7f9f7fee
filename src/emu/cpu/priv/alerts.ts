/**
 * Alerts: a debugger asks the engine to come back before a step that would do something. The step is not begun, so that
 * a slower observer can make it and see all of it. What is asked for is in the hart's `alerts` field, which is not
 * state; nothing is asked for while it is 0.
 *
 * An instruction gives up by setting `trapped` to NOT_BEGUN before it has changed anything: everything that asks
 * whether a callee has trapped abandons it then. Translation may have filled a TLB entry or set A and D bits, which the
 * step does, when it is made after all, and finds done.
 */

import { type Binding, proc, type Semantics } from '../../isa/vocabulary.ts';
import { PageFlag, RAM_BASE } from '../memory-layout.ts';
import { has } from './fields.ts';

/** Bits of the field `alerts`. `device`: a store to a device's registers, which may let it write to memory. */
export const Alert = { interrupt: 1n, exception: 2n, syscall: 4n, privilege: 8n, memory: 16n } as const;
/** Values of the field `trapped`. */
export const Trapped = { trap: 1n, notBegun: 2n } as const;
/** What an access does, for `watched`. */
export const Touch = { read: 1, write: 2, both: 3 } as const;

/** Abandons the instruction. Procedures only. */
export function giveUp<B extends Binding>(s: Semantics<B>): void {
  s.set('trapped', s.lit(Trapped.notBegun));
  s.ret(s.lit(0));
}

export function giveUpOn<B extends Binding>(s: Semantics<B>, alert: bigint): void {
  s.if(has(s, s.get('alerts'), alert), () => giveUp(s));
}

/** Gives up before an access to watched bytes of RAM. The bytes lie in one page. */
export const alertOnTouch = proc('alertOnTouch', ['pa', 'bytes', 'touch'], (s, pa, bytes, touch) => {
  const page = s.srl(s.sub(pa, s.lit(RAM_BASE)), s.lit(12));
  s.if(has(s, s.pageFlags(page), BigInt(PageFlag.watchRead | PageFlag.watchWrite)), () => {
    s.if(has(s, s.get('alerts'), Alert.memory), () => {
      s.if(s.ne(s.watched(pa, bytes, touch), s.lit(0)), () => giveUp(s));
    });
  });
});

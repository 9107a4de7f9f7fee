/**
 * Memory accesses of compiled code that the fast TLB does not answer. What has consequences for more than registers and
 * memory (a device, code that is written to) is not begun: the hart is left before the instruction, for the
 * interpreter. Asking again finds everything as it was: translation has been done as far as it goes, and is done again.
 */

import { type Binding, type Proc, proc, type Semantics, type Width } from '../../isa/vocabulary.ts';
import { CODE_LINE_SHIFT, PAGE_BYTES, PageFlag, RAM_BASE } from '../memory-layout.ts';
import { alertOnTouch, giveUp, Touch } from '../priv/alerts.ts';
import { translateLoad, translateStore } from '../priv/translate.ts';

/** The fields that a trap looks at. `left`: steps of the stretch not made yet, this one among them. */
function syncStep<B extends Binding>(s: Semantics<B>, left: B['value'], pc: B['value']): void {
  s.set('pc', pc);
  s.set('tick', s.sub(s.get('stretchEnd'), left));
}
const crossesPage = <B extends Binding>(s: Semantics<B>, va: B['value'], width: B['value']): B['cond'] =>
  s.ltu(s.lit(PAGE_BYTES), s.add(s.and(va, s.lit(PAGE_BYTES - 1)), width));
function byWidth<B extends Binding>(s: Semantics<B>, width: B['value'], body: (w: Width) => void): void {
  s.match(
    width,
    [
      [[1n], () => body(1)],
      [[2n], () => body(2)],
      [[4n], () => body(4)],
    ],
    () => body(8),
  );
}

/** Zero-extended. `trapped` tells whether it was done: 0, or one of Trapped. */
export const regionLoad: Proc = proc('regionLoad', ['va', 'width', 'left', 'pc'], (s, va, width, left, pc) => {
  syncStep(s, left, pc);
  s.if(crossesPage(s, va, width), () => giveUp(s));
  const pa = s.let(s.call(translateLoad, va, width));
  s.if(s.either(s.not(s.inRam(pa, width)), s.ne(s.get('attention'), s.lit(0))), () => giveUp(s));
  s.call(alertOnTouch, pa, width, s.lit(Touch.read));
  const value = s.cell(s.lit(0));
  byWidth(s, width, (w) => value.set(s.ramLoad(pa, w)));
  return value.get();
});

/** `trapped` tells whether it was done: 0, or one of Trapped. */
export const regionStore: Proc = proc(
  'regionStore',
  ['va', 'width', 'v', 'left', 'pc'],
  (s, va, width, v, left, pc) => {
    syncStep(s, left, pc);
    s.if(crossesPage(s, va, width), () => giveUp(s));
    const pa = s.let(s.call(translateStore, va, width));
    s.if(s.either(s.not(s.inRam(pa, width)), s.ne(s.get('attention'), s.lit(0))), () => giveUp(s));
    s.call(alertOnTouch, pa, width, s.lit(Touch.write));
    const offset = s.let(s.sub(pa, s.lit(RAM_BASE)));
    const page = s.let(s.srl(offset, s.lit(12)));
    s.if(s.ne(s.and(s.pageFlags(page), s.lit(PageFlag.code)), s.lit(0)), () => {
      const bit = (at: Parameters<typeof s.add>[0]) => s.sll(s.lit(1), s.srl(at, s.lit(CODE_LINE_SHIFT)));
      const touched = s.or(bit(offset), bit(s.add(offset, s.sub(width, s.lit(1)))));
      s.if(s.ne(s.and(s.codeLines(page), touched), s.lit(0)), () => giveUp(s));
    });
    byWidth(s, width, (w) => s.ramStore(pa, w, v));
  },
);

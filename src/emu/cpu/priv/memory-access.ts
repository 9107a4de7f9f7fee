/**
 * The complete loads and stores: what an access comes to when the fast TLB tag does not match. RAM takes any alignment,
 * also across two pages, which are both translated before the first byte moves; a device takes aligned accesses only.
 * Misaligned atomics and misaligned device accesses raise address-misaligned; where nothing answers, access fault.
 * Manual: "Misaligned Loads and Stores", priority of synchronous exceptions in "Machine Cause Register".
 */

import { type Binding, proc, type Semantics, type Width } from '../../isa/vocabulary.ts';
import { PAGE_BYTES } from '../memory-layout.ts';
import { Alert, alertOnTouch, giveUpOn, Touch } from './alerts.ts';
import { Cause } from './fields.ts';
import { translateLoad, translateStore } from './translate.ts';

const OFFSET = PAGE_BYTES - 1;
type Value<B extends Binding> = B['value'];

/** Runs the arm of a width known only at run time: 1, 2, 4, else 8. */
function byWidth<B extends Binding>(s: Semantics<B>, width: Value<B>, arm: (width: Width) => void): void {
  const cases = ([1, 2, 4] as const).map((w) => [[BigInt(w)], () => arm(w)] as const);
  s.match(width, cases, () => arm(8));
}
const repeat = <B extends Binding>(s: Semantics<B>, times: Value<B>, visit: (i: Value<B>) => void): void => {
  const i = s.cell(s.lit(0));
  s.while(
    () => s.ltu(i.get(), times),
    () => {
      visit(s.let(i.get()));
      i.set(s.add(i.get(), s.lit(1)));
    },
  );
};
const crossesPage = <B extends Binding>(s: Semantics<B>, va: Value<B>, width: Value<B>): B['cond'] =>
  s.ltu(s.lit(PAGE_BYTES), s.add(s.and(va, s.lit(OFFSET)), width));
const isMisaligned = <B extends Binding>(s: Semantics<B>, va: Value<B>, width: Value<B>): B['cond'] =>
  s.ne(s.and(va, s.sub(width, s.lit(1))), s.lit(0));

/** Raises unless a device answers at `pa` and the access is aligned. */
function requireDevice<B extends Binding>(
  s: Semantics<B>,
  pa: Value<B>,
  va: Value<B>,
  width: Value<B>,
  causes: { readonly access: bigint; readonly misaligned: bigint },
): void {
  s.if(s.not(s.inDevice(pa)), () => s.raise(s.lit(causes.access), va));
  s.if(isMisaligned(s, va, width), () => s.raise(s.lit(causes.misaligned), va));
}
/** Both pages of a misaligned access must be RAM: a device page faults as a device would, anything else as nothing. */
function requireRam<B extends Binding>(
  s: Semantics<B>,
  pa: Value<B>,
  bytes: Value<B>,
  va: Value<B>,
  causes: { readonly access: bigint; readonly misaligned: bigint },
): void {
  s.if(s.not(s.inRam(pa, bytes)), () => {
    s.if(s.not(s.inDevice(pa)), () => s.raise(s.lit(causes.access), va));
    s.raise(s.lit(causes.misaligned), va);
  });
}
const loadCauses = { access: Cause.loadAccess, misaligned: Cause.loadMisaligned };
const storeCauses = { access: Cause.storeAccess, misaligned: Cause.storeMisaligned };

/** A load over the end of a page. */
const loadAcross = proc('loadAcross', ['va', 'width'], (s, va, width) => {
  const next = s.let(s.add(s.or(va, s.lit(OFFSET)), s.lit(1)));
  const here = s.let(s.sub(next, va));
  const there = s.let(s.sub(width, here));
  const low = s.let(s.call(translateLoad, va, here));
  requireRam(s, low, here, va, loadCauses);
  const high = s.let(s.call(translateLoad, next, there));
  requireRam(s, high, there, next, loadCauses);
  s.call(alertOnTouch, low, here, s.lit(Touch.read));
  s.call(alertOnTouch, high, there, s.lit(Touch.read));
  const value = s.cell(s.lit(0));
  repeat(s, width, (i) => {
    const at = s.select(s.ltu(i, here), s.add(low, i), s.add(high, s.sub(i, here)));
    value.set(s.or(value.get(), s.sll(s.ramLoad(at, 1), s.sll(i, s.lit(3)))));
  });
  return value.get();
});

/** A store over the end of a page. */
const storeAcross = proc('storeAcross', ['va', 'width', 'v'], (s, va, width, v) => {
  const next = s.let(s.add(s.or(va, s.lit(OFFSET)), s.lit(1)));
  const here = s.let(s.sub(next, va));
  const there = s.let(s.sub(width, here));
  const low = s.let(s.call(translateStore, va, here));
  requireRam(s, low, here, va, storeCauses);
  const high = s.let(s.call(translateStore, next, there));
  requireRam(s, high, there, next, storeCauses);
  s.call(alertOnTouch, low, here, s.lit(Touch.write));
  s.call(alertOnTouch, high, there, s.lit(Touch.write));
  repeat(s, width, (i) => {
    const at = s.select(s.ltu(i, here), s.add(low, i), s.add(high, s.sub(i, here)));
    s.ramStore(at, 1, s.srl(v, s.sll(i, s.lit(3))));
  });
});

/** Loads `width` (1, 2, 4, 8) bytes at `va`, zero-extended. Raises. */
export const loadSlow = proc('loadSlow', ['va', 'width'], (s, va, width) => {
  s.if(crossesPage(s, va, width), () => s.ret(s.call(loadAcross, va, width)));
  const pa = s.let(s.call(translateLoad, va, width));
  const value = s.cell(s.lit(0));
  s.if(
    s.inRam(pa, width),
    () => {
      s.call(alertOnTouch, pa, width, s.lit(Touch.read));
      byWidth(s, width, (w) => value.set(s.ramLoad(pa, w)));
    },
    () => {
      requireDevice(s, pa, va, width, loadCauses);
      byWidth(s, width, (w) => value.set(s.mmioLoad(pa, w)));
    },
  );
  return value.get();
});

/** Stores the low `width` (1, 2, 4, 8) bytes of `v` at `va`. Raises. */
export const storeSlow = proc('storeSlow', ['va', 'width', 'v'], (s, va, width, v) => {
  s.if(crossesPage(s, va, width), () => {
    s.call(storeAcross, va, width, v);
    s.ret(s.lit(0));
  });
  const pa = s.let(s.call(translateStore, va, width));
  s.if(
    s.inRam(pa, width),
    () => {
      s.call(alertOnTouch, pa, width, s.lit(Touch.write));
      byWidth(s, width, (w) => s.ramStore(pa, w, v));
    },
    () => {
      requireDevice(s, pa, va, width, storeCauses);
      // It may let the device write to memory.
      giveUpOn(s, Alert.memory);
      byWidth(s, width, (w) => s.mmioStore(pa, w, v));
    },
  );
});

/**
 * The physical address, in RAM, of an atomic access: `kind` 0 for LR, which reads; 1 for SC and AMO, which fault as
 * stores. Misaligned comes before every other fault.
 */
export const amoTranslate = proc('amoTranslate', ['va', 'width', 'kind'], (s, va, width, kind) => {
  const isStore = s.letCond(s.ne(kind, s.lit(0)));
  const cause = (store: bigint, load: bigint) => s.select(isStore, s.lit(store), s.lit(load));
  s.if(isMisaligned(s, va, width), () => s.raise(cause(Cause.storeMisaligned, Cause.loadMisaligned), va));
  const pa = s.cell(s.lit(0));
  s.if(
    isStore,
    () => pa.set(s.call(translateStore, va, width)),
    () => pa.set(s.call(translateLoad, va, width)),
  );
  s.if(s.not(s.inRam(pa.get(), width)), () => s.raise(cause(Cause.storeAccess, Cause.loadAccess), va));
  s.call(alertOnTouch, pa.get(), width, s.select(isStore, s.lit(Touch.both), s.lit(Touch.read)));
  return pa.get();
});

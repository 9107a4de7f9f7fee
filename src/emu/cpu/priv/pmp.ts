/**
 * Physical memory protection: 16 entries, granularity 4 bytes. An access is judged by the lowest-numbered entry that
 * covers any of its bytes, and fails unless that entry covers them all; where no entry does, M may and S and U may not.
 * Decoded once a write: the range of each entry, and the one open window that answers nearly every check.
 * Manual: "Physical Memory Protection"; without Smepmp, mseccfg.MML, MMWP and RLB being 0.
 */

import { type Binding, proc, type Semantics } from '../../isa/vocabulary.ts';
import { fieldOffset, PMP_OFFSET } from '../hart-layout.ts';
import { has } from './fields.ts';
import { flushTlb } from './tlb.ts';

const ENTRIES = 16;
const Cfg = { R: 1n, W: 2n, RWX: 7n, A: 3n << 3n, L: 1n << 7n } as const;
const Mode = { off: 0n, tor: 1n, na4: 2n, napot: 3n } as const;
/** 54 bits: pmpaddr holds bits 55 to 2 of an address. */
const ADDRESS_MASK = (1n << 54n) - 1n;

type Value<B extends Binding> = B['value'];

const addrAt = <B extends Binding>(s: Semantics<B>, i: Value<B>): Value<B> =>
  s.hartLoad(s.add(s.sll(i, s.lit(3)), s.lit(fieldOffset('pmpaddr0'))), 8);
/** The configuration byte of entry `i`, a let-bound value; bits above the byte are other entries'. */
const cfgOf = <B extends Binding>(s: Semantics<B>, i: Value<B>): Value<B> =>
  s.srl(s.select(s.ltu(i, s.lit(8)), s.get('pmpcfg0'), s.get('pmpcfg2')), s.sll(s.and(i, s.lit(7)), s.lit(3)));
const modeOf = <B extends Binding>(s: Semantics<B>, cfg: Value<B>): Value<B> => s.and(s.srl(cfg, s.lit(3)), s.lit(3));

const rangeAt = <B extends Binding>(s: Semantics<B>, i: Value<B>, end: 'first' | 'last'): Value<B> =>
  s.add(s.sll(i, s.lit(4)), s.lit(PMP_OFFSET + (end === 'first' ? 0 : 8)));
const firstOf = <B extends Binding>(s: Semantics<B>, i: Value<B>): Value<B> => s.hartLoad(rangeAt(s, i, 'first'), 8);
const lastOf = <B extends Binding>(s: Semantics<B>, i: Value<B>): Value<B> => s.hartLoad(rangeAt(s, i, 'last'), 8);

const countTo = <B extends Binding>(s: Semantics<B>, end: () => Value<B>, visit: (i: Value<B>) => void): void => {
  const i = s.cell(s.lit(0));
  s.while(
    () => s.ltu(i.get(), end()),
    () => {
      visit(s.let(i.get()));
      i.set(s.add(i.get(), s.lit(1)));
    },
  );
};

/**
 * 1 when PMP lets M (`machine` = 1) or S and U (0) do `access` (one of Access) to `bytes` bytes at `pa`, else 0.
 * A whole page may be asked for: 1 then holds for every access inside it.
 */
export const pmpGrants = proc('pmpGrants', ['pa', 'bytes', 'access', 'machine'], (s, pa, bytes, access, machine) => {
  const last = s.let(s.sub(s.add(pa, bytes), s.lit(1)));
  s.if(s.both(s.geu(pa, s.get('pmpOpenLow')), s.geu(s.get('pmpOpenHigh'), last)), () => s.ret(s.lit(1)));
  countTo(
    s,
    () => s.get('pmpCount'),
    (i) => {
      const first = s.let(firstOf(s, i));
      const end = s.let(lastOf(s, i));
      s.if(s.both(s.geu(end, pa), s.geu(last, first)), () => {
        const whole = s.both(s.geu(pa, first), s.geu(end, last));
        const cfg = s.let(cfgOf(s, i));
        const free = s.both(s.ne(machine, s.lit(0)), s.not(has(s, cfg, Cfg.L)));
        const granted = s.either(free, s.eq(s.and(cfg, access), access));
        s.ret(s.bool(s.both(whole, granted)));
      });
    },
  );
  return machine;
});

/** Ranges and pmpCount from pmpcfg and pmpaddr. */
const decodeEntries = proc('pmpDecodeEntries', [], (s) => {
  s.set('pmpCount', s.lit(0));
  const below = s.cell(s.lit(0));
  countTo(
    s,
    () => s.lit(ENTRIES),
    (i) => {
      const addr = s.let(addrAt(s, i));
      const cfg = s.let(cfgOf(s, i));
      const mode = s.let(modeOf(s, cfg));
      const first = s.cell(s.lit(-1));
      const last = s.cell(s.lit(0));
      const cover = (from: typeof addr, to: typeof addr) => {
        first.set(s.sll(from, s.lit(2)));
        last.set(s.or(s.sll(to, s.lit(2)), s.lit(3)));
      };
      s.match(
        mode,
        [
          [[Mode.off], () => {}],
          [[Mode.tor], () => s.if(s.ltu(below.get(), addr), () => cover(below.get(), s.sub(addr, s.lit(1))))],
          [[Mode.na4], () => cover(addr, addr)],
        ],
        () => {
          const size = s.let(s.xor(addr, s.add(addr, s.lit(1))));
          cover(s.and(addr, s.inv(size)), s.or(addr, size));
        },
      );
      s.hartStore(rangeAt(s, i, 'first'), 8, first.get());
      s.hartStore(rangeAt(s, i, 'last'), 8, last.get());
      s.if(s.ne(mode, s.lit(Mode.off)), () => s.set('pmpCount', s.add(i, s.lit(1))));
      below.set(addr);
    },
  );
});

/**
 * The open window: the range of the last active entry if it grants R, W and X, less what earlier entries cover; where
 * one of these lies inside, the larger side is kept. Empty otherwise: every check then looks at the entries.
 */
const decodeWindow = proc('pmpDecodeWindow', [], (s) => {
  const low = s.cell(s.lit(-1));
  const high = s.cell(s.lit(0));
  const count = s.let(s.get('pmpCount'));
  s.if(s.ne(count, s.lit(0)), () => {
    const open = s.let(s.sub(count, s.lit(1)));
    s.if(s.eq(s.and(cfgOf(s, open), s.lit(Cfg.RWX)), s.lit(Cfg.RWX)), () => {
      low.set(firstOf(s, open));
      high.set(lastOf(s, open));
      countTo(
        s,
        () => open,
        (i) => {
          const first = s.let(firstOf(s, i));
          const last = s.let(lastOf(s, i));
          const covers = s.geu(last, first);
          const meets = s.both(s.geu(high.get(), first), s.geu(last, low.get()));
          s.if(s.both(covers, meets), () => {
            const left = s.let(s.select(s.ltu(low.get(), first), s.sub(first, low.get()), s.lit(0)));
            const right = s.let(s.select(s.ltu(last, high.get()), s.sub(high.get(), last), s.lit(0)));
            s.if(
              s.eq(s.or(left, right), s.lit(0)),
              () => {
                low.set(s.lit(-1));
                high.set(s.lit(0));
              },
              () =>
                s.if(
                  s.ltu(left, right),
                  () => low.set(s.add(last, s.lit(1))),
                  () => high.set(s.sub(first, s.lit(1))),
                ),
            );
          });
        },
      );
    });
  });
  s.set('pmpOpenLow', low.get());
  s.set('pmpOpenHigh', high.get());
});

/** Recomputes everything that is derived from pmpcfg and pmpaddr. */
export const decodePmp = proc('decodePmp', [], (s) => {
  s.call(decodeEntries);
  s.call(decodeWindow);
});

const changed = <B extends Binding>(s: Semantics<B>): void => {
  s.call(decodePmp);
  s.call(flushTlb);
};

/** pmpaddr`i` := v. Ignored while entry i is locked, or entry i + 1 is locked and TOR. */
export const writePmpAddr = proc('writePmpAddr', ['i', 'v'], (s, i, v) => {
  const above = s.let(s.add(i, s.lit(1)));
  const cfgAbove = s.let(s.select(s.ltu(i, s.lit(ENTRIES - 1)), cfgOf(s, above), s.lit(0)));
  const torAbove = s.both(has(s, cfgAbove, Cfg.L), s.eq(modeOf(s, cfgAbove), s.lit(Mode.tor)));
  s.if(s.either(has(s, cfgOf(s, i), Cfg.L), torAbove), () => s.ret(s.lit(0)));
  s.hartStore(s.add(s.sll(i, s.lit(3)), s.lit(fieldOffset('pmpaddr0'))), 8, s.and(v, s.lit(ADDRESS_MASK)));
  changed(s);
});

/**
 * What pmpcfg holding `old` holds after a write of `v`: bytes of locked entries stay, bits 5 and 6 are 0, and the
 * reserved combination W without R loses W.
 */
const legalizeCfg = proc('pmpLegalizeCfg', ['old', 'v'], (s, old, v) => {
  const each = (byte: bigint) => s.lit(byte * 0x0101_0101_0101_0101n);
  const lost = s.and(s.inv(s.sll(s.and(v, each(Cfg.R)), s.lit(1))), each(Cfg.W));
  const legal = s.let(s.and(s.and(v, each(Cfg.A | Cfg.L | Cfg.RWX)), s.inv(lost)));
  /** 0xff in each byte whose lock is set. */
  const held = s.let(s.mul(s.and(s.srl(old, s.lit(7)), each(1n)), s.lit(0xff)));
  return s.or(s.and(old, held), s.and(legal, s.inv(held)));
});

/** pmpcfg0 or pmpcfg2 := v. */
export function writePmpCfg<B extends Binding>(s: Semantics<B>, field: 'pmpcfg0' | 'pmpcfg2', v: Value<B>): void {
  s.set(field, s.let(s.call(legalizeCfg, s.get(field), v)));
  changed(s);
}

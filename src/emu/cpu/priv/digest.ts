/**
 * The digest of RAM: XXH64 of each page, seeded with its page number, summed modulo 2^64. Only pages changed since the
 * last time are hashed again, so a digest costs what was written, and it is still a function of contents alone.
 * Invariant: a page whose dirty flag is clear has its present hash in the page-hash table. XXH64: xxHash specification
 * 0.1.1.
 */

import { type Binding, type Cell, proc, type Semantics } from '../../isa/vocabulary.ts';
import { PAGE_BYTES, PageFlag, RAM_BASE } from '../memory-layout.ts';
import { has } from './fields.ts';
import { coolStores } from './tlb.ts';

const PRIME1 = 0x9e37_79b1_85eb_ca87n;
const PRIME2 = 0xc2b2_ae3d_27d4_eb4fn;
const PRIME3 = 0x1656_67b1_9e37_79f9n;
const PRIME4 = 0x85eb_ca77_c2b2_ae63n;
const STRIPE_BYTES = 32;

/** One lane takes in 8 bytes. */
const round = <B extends Binding>(s: Semantics<B>, lane: B['value'], input: B['value']): B['value'] =>
  s.mul(s.rotl(s.add(lane, s.mul(input, s.lit(PRIME2))), s.lit(31)), s.lit(PRIME1));

/** XXH64 of the RAM page at `pa`. A page is whole stripes, so the steps for a remainder do not occur. */
export const hashPage = proc('hashPage', ['pa', 'seed'], (s, pa, seed) => {
  const lanes = [PRIME1 + PRIME2, PRIME2, 0n, -PRIME1].map((start) => s.cell(s.add(seed, s.lit(start))));
  const at = s.cell(pa);
  const end = s.let(s.add(pa, s.lit(PAGE_BYTES)));
  s.while(
    () => s.ltu(at.get(), end),
    () => {
      for (const [i, lane] of lanes.entries())
        lane.set(round(s, lane.get(), s.ramLoad(s.add(at.get(), s.lit(8 * i)), 8)));
      at.set(s.add(at.get(), s.lit(STRIPE_BYTES)));
    },
  );
  return s.call(finishHash, ...lanes.map((lane) => lane.get()));
});

/** Merges the lanes and mixes the bits. */
const finishHash = proc('finishHash', ['a', 'b', 'c', 'd'], (s, ...lanes) => {
  const hash = s.cell(lanes.map((lane, i) => s.rotl(lane, s.lit([1, 7, 12, 18][i]!))).reduce((a, b) => s.add(a, b)));
  for (const lane of lanes) {
    const merged = s.xor(hash.get(), round(s, s.lit(0), lane));
    hash.set(s.add(s.mul(merged, s.lit(PRIME1)), s.lit(PRIME4)));
  }
  hash.set(s.add(hash.get(), s.lit(PAGE_BYTES)));
  avalanche(s, hash);
  return hash.get();
});

function avalanche<B extends Binding>(s: Semantics<B>, hash: Cell<B>): void {
  const fold = (bits: number) => s.xor(hash.get(), s.srl(hash.get(), s.lit(bits)));
  hash.set(s.mul(fold(33), s.lit(PRIME2)));
  hash.set(s.mul(fold(29), s.lit(PRIME3)));
  hash.set(fold(32));
}

/**
 * Brings the hash of every changed page up to date, clears the changed flags, and gives the sum of all hashes. From
 * then on the first store to a page takes the slow path again: for this hart; other harts need coolStores.
 */
export const digestRam = proc('digestRam', [], (s) => {
  const sum = s.cell(s.lit(0));
  const page = s.cell(s.lit(0));
  s.while(
    () => s.ltu(page.get(), s.ramPages()),
    () => {
      const flags = s.let(s.pageFlags(page.get()));
      s.if(has(s, flags, BigInt(PageFlag.dirty)), () => {
        const pa = s.add(s.lit(RAM_BASE), s.sll(page.get(), s.lit(12)));
        s.setPageHash(page.get(), s.call(hashPage, pa, page.get()));
        s.setPageFlags(page.get(), s.and(flags, s.lit(~BigInt(PageFlag.dirty))));
      });
      sum.set(s.add(sum.get(), s.pageHash(page.get())));
      page.set(s.add(page.get(), s.lit(1)));
    },
  );
  s.call(coolStores);
  return sum.get();
});

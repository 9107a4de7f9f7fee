/**
 * How an instruction word finds its row: a tree of switches on chosen bits, made from the rows' masks and matches
 * alone. The bits that no switch has looked at are checked at the leaf. Bits 0 and 1 of a word are known to be set: the
 * length of the instruction said so.
 */

export interface Encoding {
  readonly name: string;
  readonly mask: number;
  readonly match: number;
}
export type DecodeTree<E extends Encoding> =
  | { readonly kind: 'illegal' }
  /** This row if `word & mask` equals `match`, else none. */
  | { readonly kind: 'row'; readonly row: E; readonly mask: number; readonly match: number }
  /** The child at the index that the bits form, the first listed being the least significant. */
  | { readonly kind: 'switch'; readonly bits: readonly number[]; readonly children: readonly DecodeTree<E>[] };

const LENGTH_BITS = 0b11;
/** A switch below the first one has at most 2 to this power children. */
const MAX_BITS = 5;

/**
 * `firstBits` are what the root switches on; deeper levels choose theirs. Rows that cannot be told apart are refused.
 */
export function decodeTree<E extends Encoding>(rows: readonly E[], firstBits: readonly number[]): DecodeTree<E> {
  for (const row of rows) {
    if ((row.match & LENGTH_BITS) !== LENGTH_BITS) throw new Error(`${row.name} is not a 32-bit encoding`);
  }
  return new Grower<E>().branch(rows, firstBits, LENGTH_BITS);
}

/** Equal subtrees are one object. */
class Grower<E extends Encoding> {
  readonly #grown = new Map<string, DecodeTree<E>>();

  #grow(rows: readonly E[], known: number): DecodeTree<E> {
    const key = [known, ...rows.map(({ name }) => name)].join();
    const grown = this.#grown.get(key) ?? this.#tree(rows, known);
    this.#grown.set(key, grown);
    return grown;
  }

  #tree(rows: readonly E[], known: number): DecodeTree<E> {
    const [row, second] = rows;
    if (row === undefined) return { kind: 'illegal' };
    if (second === undefined) {
      const mask = (row.mask & ~known) >>> 0;
      return { kind: 'row', row, mask, match: (row.match & mask) >>> 0 };
    }
    const bits = chooseBits(rows, known);
    if (bits.length === 0) throw new Error(`${row.name} and ${second.name} have a word in common`);
    return this.branch(rows, bits, known);
  }

  /** A row appears in every child that its fixed bits allow. */
  branch(rows: readonly E[], bits: readonly number[], known: number): DecodeTree<E> {
    const looked = bits.reduce((mask, bit) => mask | (1 << bit), known);
    const children = Array.from({ length: 2 ** bits.length }, (_, index) => {
      const word = bits.reduce((bitsSet, bit, i) => bitsSet | (((index >> i) & 1) << bit), 0);
      const looksAt = looked & ~known;
      return this.#grow(
        rows.filter(({ mask, match }) => ((word ^ match) & mask & looksAt) === 0),
        looked,
      );
    });
    return { kind: 'switch', bits, children };
  }
}

/**
 * Bits fixed in every row, greedily those that tell most rows apart; failing that, the bit fixed in most rows.
 * Ascending.
 */
function chooseBits(rows: readonly Encoding[], known: number): number[] {
  const all = Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => ((known >>> bit) & 1) === 0);
  const fixed = all.filter((bit) => rows.every(({ mask }) => ((mask >>> bit) & 1) === 1));
  const chosen: number[] = [];
  let parts = 1;
  while (chosen.length < MAX_BITS && parts < rows.length) {
    const [best] = fixed
      .map((bit) => ({ bit, parts: countPatterns(rows, [...chosen, bit]) }))
      .toSorted((a, b) => b.parts - a.parts);
    if (best === undefined || best.parts === parts) break;
    chosen.push(best.bit);
    parts = best.parts;
  }
  if (chosen.length > 0) return chosen.toSorted((a, b) => a - b);
  const [best] = all
    .map((bit) => ({ bit, rows: rows.filter(({ mask }) => ((mask >>> bit) & 1) === 1) }))
    .filter((candidate) => candidate.rows.length > 0)
    .toSorted((a, b) => b.rows.length - a.rows.length);
  return best === undefined ? [] : [best.bit];
}

function countPatterns(rows: readonly Encoding[], bits: readonly number[]): number {
  return new Set(rows.map(({ match }) => bits.map((bit) => (match >>> bit) & 1).join(''))).size;
}

/** Operand values: the edges of the 64- and 32-bit ranges, and seeded random ones. Deterministic: no clock. */

export type Random = (bits: number) => bigint;

/** SplitMix64: `bits` random bits at a time. */
export function randomSource(seed: number): Random {
  let state = BigInt(seed);
  return (bits) => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return (z ^ (z >> 31n)) >> BigInt(64 - bits);
  };
}
export const below = (random: Random, n: number): number => Number(random(32) % BigInt(n));

export const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  -1n,
  -2n,
  31n,
  32n,
  63n,
  64n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  -0x8000_0000n,
  -0x8000_0001n,
  0x7fff_ffff_ffff_ffffn,
  -0x8000_0000_0000_0000n,
  0x5555_aaaa_0f0f_8081n,
];

/** Every pair of edges, then random pairs: wide, narrow, and nearly equal. */
export function pairs(seed: number, randoms = 24): bigint[][] {
  const random = randomSource(seed);
  const out = EDGES.flatMap((a) => EDGES.map((b) => [a, b]));
  for (let i = 0; i < randoms; i++) {
    const a = random(1 + below(random, 64));
    const b = [random(64), random(32), a + random(2) - 1n, random(1 + below(random, 64))][i % 4] ?? 0n;
    out.push(i % 3 === 0 ? [b, a] : [a, b]);
  }
  return out;
}

/** Edges and random single values. */
export function singles(seed: number, randoms = 30): bigint[] {
  const random = randomSource(seed);
  return [...EDGES, ...Array.from({ length: randoms }, () => random(1 + below(random, 64)))];
}

/** The Cartesian product of lists, first list slowest. */
export function product(...lists: readonly (readonly bigint[])[]): bigint[][] {
  return lists.reduce<bigint[][]>((rows, list) => rows.flatMap((row) => list.map((value) => [...row, value])), [[]]);
}

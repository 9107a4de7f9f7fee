/** The order in which stops are met, going either way. */

import type { Hit } from './stops.ts';

/** At one tick: what is about to happen, then what has happened. */
const RANK: Readonly<Record<Hit['reason']['kind'], number>> = {
  event: 0,
  breakpoint: 1,
  watchpoint: 2,
  register: 3,
  console: 4,
};
const compare = (a: bigint, b: bigint): number => (a < b ? -1 : Number(a > b));
export const byForwards = (a: Hit, b: Hit): number =>
  compare(a.forwards, b.forwards) || RANK[a.reason.kind] - RANK[b.reason.kind];
export const byBackwards = (a: Hit, b: Hit): number =>
  compare(a.backwards, b.backwards) || RANK[b.reason.kind] - RANK[a.reason.kind];

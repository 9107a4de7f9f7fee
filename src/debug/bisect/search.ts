/**
 * The first tick at which something holds: by halving where it holds from some tick on, by looking everywhere where it
 * comes and goes.
 */

import { minOf } from '../../lib/bigint.ts';

export interface SearchRequest {
  readonly from: bigint;
  readonly to: bigint;
  /** 'auto': halving when it does not hold at `from` and does at `to`, else scanning. */
  readonly mode: 'auto' | 'halve' | 'scan';
  /** Ticks between two looks of a scan; what holds for less may be passed by. 1: at every tick. */
  readonly every: bigint;
}

export interface Looking {
  /** Whether it holds at a tick. Cheap for ticks asked in ascending order, dearer for going back. */
  holds(tick: bigint): Promise<boolean>;
  /** What was looked at last will be gone on from again and again. */
  keep(): void;
  /** The first tick after `from`, at most `to`, at which it holds; looks at each. */
  first(from: bigint, to: bigint): Promise<bigint | undefined>;
}

export interface SearchResult {
  /** undefined: it holds nowhere where it was looked. */
  readonly tick: bigint | undefined;
  /** 'start': it holds at the first tick already. */
  readonly how: 'start' | 'halving' | 'scan';
  /** Ticks looked at one by one, those of a scan of every tick left out. */
  readonly looks: number;
}

/** With mode 'halve' something that does not hold at the end is found nowhere. */
export async function search(request: SearchRequest, looking: Looking): Promise<SearchResult> {
  const { from, to, mode, every } = request;
  let looks = 0;
  const holds = (tick: bigint): Promise<boolean> => {
    looks++;
    return looking.holds(tick);
  };
  if (await holds(from)) return { tick: from, how: 'start', looks };
  if (mode !== 'scan' && (await holds(to))) {
    const tick = await halve(from, to, holds, looking);
    return { tick, how: 'halving', looks };
  }
  if (mode === 'halve') return { tick: undefined, how: 'halving', looks };
  const tick = every === 1n ? await looking.first(from, to) : await scan(from, to, every, holds, looking);
  return { tick, how: 'scan', looks };
}

/**
 * A tick at which it holds and before which it does not, between `from`, where it does not hold, and `to`, where it
 * does: the first one of all when it holds from there on.
 */
async function halve(from: bigint, to: bigint, holds: Looking['holds'], looking: Looking): Promise<bigint> {
  let [no, yes] = [from, to];
  while (yes - no > 1n) {
    const middle = (no + yes) >> 1n;
    if (await holds(middle)) {
      yes = middle;
    } else {
      no = middle;
      looking.keep();
    }
  }
  return yes;
}

/** It does not hold at `from`. */
async function scan(
  from: bigint,
  to: bigint,
  every: bigint,
  holds: Looking['holds'],
  looking: Looking,
): Promise<bigint | undefined> {
  for (let no = from; no < to; ) {
    const at = minOf(no + every, to);
    if (await holds(at)) return (await looking.first(no, at)) ?? at;
    no = at;
  }
  return undefined;
}

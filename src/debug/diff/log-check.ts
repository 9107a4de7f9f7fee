/**
 * A run held against the digests of the recording it is made from: from which agreement on, and until when at the
 * latest, it is not what was recorded. One forward run.
 *
 * Recordings carry digests of registers and devices often and of all state seldom. So the run is marked at both, and in
 * between it takes down digests of all its own state, which another run can be held against.
 */

import { minOf } from '../../lib/bigint.ts';
import type { Tick } from '../../lib/brands.ts';
import type { LogHeader } from '../../logformat/header.ts';
import type { Finish } from '../../logformat/reader.ts';
import type { DigestRecord, DigestScope } from '../../logformat/records.ts';
import { advance, type Breathe } from './advance.ts';
import type { Mark, Run } from './run.ts';

export interface LogCheck {
  /** Where the run and the recording last agreed in all their state; tick 0 counts as agreed. */
  readonly agreed: Mark;
  /** Where they last agreed as far as a digest without memory says; not before `agreed`. */
  readonly agreedSmall: Mark;
  /** Digests of all state of the run since `agreed`, in order. */
  readonly trail: readonly TrailDigest[];
  readonly compared: number;
  /** The first that disagrees; undefined when none does. */
  readonly wrong: WrongDigest | undefined;
  /** The last tick at which a digest of all state agreed. */
  readonly provedTick: Tick;
}

export interface TrailDigest {
  readonly tick: Tick;
  readonly digest: string;
}

export interface WrongDigest {
  readonly tick: Tick;
  readonly scope: DigestScope;
  readonly recorded: bigint;
  readonly found: bigint;
}

/** Marks are not made closer to each other than this. */
const STRIDE_TICKS = 1n << 22n;

/** The run stands at the beginning, and afterwards where the check ended. It gives up where the run ends early. */
export async function checkLog(
  run: Run,
  { digestTicks }: Pick<LogHeader, 'digestTicks'>,
  finish: Finish,
  breathe: Breathe,
): Promise<LogCheck> {
  const digests = new Digests(run);
  let agreed = run.mark();
  let agreedSmall = agreed;
  let trail: TrailDigest[] = [];
  const { small } = digestTicks;
  const stride = small * ((STRIDE_TICKS + small - 1n) / small);
  const how = { doing: 'holding B against the recording', breathe };
  while (digests.wrong === undefined && run.ended === undefined) {
    const target = minOf(run.now - (run.now % stride) + stride, run.limit);
    await advance(run, target, how, (record) => digests.compare(record));
    if (run.now < target || digests.wrong !== undefined) break;
    agreedSmall = run.mark();
    if (digests.provedTick === run.now) {
      agreed = agreedSmall;
      trail = [];
    } else {
      trail.push({ tick: run.now, digest: run.board.digest('all') });
    }
  }
  digests.compareEnd(finish);
  const { wrong, compared, provedTick } = digests;
  return { agreed, agreedSmall, trail, compared, wrong, provedTick };
}

class Digests {
  readonly #run: Run;
  provedTick: Tick;
  compared = 0;
  wrong: WrongDigest | undefined;

  constructor(run: Run) {
    this.#run = run;
    this.provedTick = run.now;
  }

  compare({ tick, scope, digest }: DigestRecord): void {
    if (this.wrong !== undefined) return;
    const found = BigInt(`0x${this.#run.board.digest(scope)}`);
    this.compared++;
    if (found !== digest) {
      this.wrong = { tick, scope, recorded: digest, found };
      return;
    }
    if (scope === 'all') this.provedTick = tick;
  }

  /** The end of a recording carries a digest too. */
  compareEnd(finish: Finish): void {
    if (finish.kind !== 'end' || finish.end.digest === undefined || this.#run.now !== finish.end.ticks) return;
    this.compare({ kind: 'digest', tick: this.#run.now, scope: 'all', digest: finish.end.digest });
  }
}

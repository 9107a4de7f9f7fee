/**
 * Two logs held against each other without running anything: what went in, by content and tick; the digests that both
 * have; and stream by stream what went in and came out by content alone.
 *
 * The same machine, given the same inputs at the same ticks, does the same: so up to the first input that differs two
 * recordings are of the same run, unless their digests say that one of them is of another machine than it seems.
 */

import { type Tick, tick } from '../../lib/brands.ts';
import type { Finish } from '../../logformat/reader.ts';
import type { DigestRecord, DigestScope, LogRecord } from '../../logformat/records.ts';
import { type Both, both, other, type Side } from './both.ts';
import { type Entering, isEntering, isTiming, sameContent, streamOf } from './record-content.ts';
import { type StreamDifference, StreamPairs } from './stream-pairs.ts';

/** The first thing that goes in otherwise. */
export interface InputDifference {
  /** The first tick at which not the same goes in. */
  readonly tick: Tick;
  /** 'moved': the same input at another tick; 'other': another one in its place; 'missing': one side has none. */
  readonly kind: 'moved' | 'other' | 'missing';
  /** What corresponds: the next of its stream on each side. */
  readonly a: Entering | undefined;
  readonly b: Entering | undefined;
}

export interface DigestComparison {
  readonly compared: number;
  /** The last ticks at which digests agreed, 0 when none did. */
  readonly agreed: { readonly [scope in DigestScope]: Tick };
  readonly first:
    | { readonly tick: Tick; readonly scope: DigestScope; readonly a: bigint; readonly b: bigint }
    | undefined;
}

export interface LogComparison {
  readonly inputs: InputDifference | undefined;
  /** Up to the first input that differs. */
  readonly digests: DigestComparison;
  /** By content alone, timing left out: the first difference of each stream that has one, by tick. */
  readonly streams: readonly StreamDifference<LogRecord>[];
  readonly finish: Both<Finish>;
  /** Ticks of the last record, or the end. */
  readonly ticks: Both<Tick>;
}

/** Called now and then with the tick that the comparison has come to; may wait; rejects to give up. */
export type BreatheAt = (at: Tick) => Promise<void>;

type Records = Iterator<LogRecord, Finish>;
const BREATH_RECORDS = 8192;

/** `consoles`: devices whose output marks cover a slice each and do not correspond. */
export async function compareLogs(
  logs: Both<Records>,
  consoles: ReadonlySet<string>,
  breathe: BreatheAt = async () => {},
): Promise<LogComparison> {
  const comparer = new LogComparer(consoles);
  const heads = { a: logs.a.next(), b: logs.b.next() };
  for (let taken = 1; ; taken++) {
    const side = earlier(heads);
    if (side === undefined) break;
    const { value: record } = heads[side] as IteratorYieldResult<LogRecord>;
    comparer.take(side, record);
    heads[side] = logs[side].next();
    if (taken % BREATH_RECORDS === 0) await breathe(record.tick);
  }
  return comparer.result(both((side) => (heads[side] as IteratorReturnResult<Finish>).value));
}

/** The side whose next record comes first. */
function earlier({ a, b }: Both<IteratorResult<LogRecord, Finish>>): Side | undefined {
  if (a.done === true) return b.done === true ? undefined : 'b';
  return b.done === true || a.value.tick <= b.value.tick ? 'a' : 'b';
}

class LogComparer {
  readonly #consoles: ReadonlySet<string>;
  readonly #streams = new StreamPairs<LogRecord>(sameContent);
  /** What one side has taken and the other not yet come to, in order; on one side only. */
  readonly #ahead: { a: Entering[]; b: Entering[] } = { a: [], b: [] };
  readonly #digests: { a: DigestRecord[]; b: DigestRecord[] } = { a: [], b: [] };
  readonly #agreed = { small: tick(0n), all: tick(0n) };
  #compared = 0;
  #firstDigest: DigestComparison['first'];
  /** The first that differs: its side and record, and what corresponds to it once that is met. */
  #odd: { readonly side: Side; readonly record: Entering; counterpart?: Entering } | undefined;
  readonly #lastTick = { a: tick(0n), b: tick(0n) };

  constructor(consoles: ReadonlySet<string>) {
    this.#consoles = consoles;
  }

  take(side: Side, record: LogRecord): void {
    this.#lastTick[side] = record.tick;
    if (record.kind === 'digest') this.#takeDigest(side, record);
    if (isEntering(record)) this.#takeInput(side, record);
    const stream = streamOf(record);
    const pairs = record.kind === 'output' ? !this.#consoles.has(record.device) : !isTiming(stream);
    if (pairs) this.#streams.take(side, stream, record);
  }

  result(finish: Both<Finish>): LogComparison {
    const [left] = this.#ahead.a.length > 0 ? this.#ahead.a : this.#ahead.b;
    if (left !== undefined) this.#odd ??= { side: this.#ahead.a.length > 0 ? 'a' : 'b', record: left };
    const ticks = both((side) => {
      const { [side]: how } = finish;
      return how.kind === 'end' ? how.end.ticks : this.#lastTick[side];
    });
    this.#takeEnds(finish);
    return {
      inputs: this.#inputs(),
      digests: { compared: this.#compared, agreed: this.#agreed, first: this.#firstDigest },
      streams: this.#streams.differences(),
      finish,
      ticks,
    };
  }

  #takeInput(side: Side, record: Entering): void {
    if (this.#odd !== undefined) {
      const awaited = this.#odd.side !== side && this.#odd.counterpart === undefined;
      if (awaited && streamOf(record) === streamOf(this.#odd.record)) this.#odd.counterpart = record;
      return;
    }
    const waiting = this.#ahead[other(side)].shift();
    if (waiting === undefined) this.#ahead[side].push(record);
    else if (waiting.tick !== record.tick || !sameContent(waiting, record)) this.#differ(side, record, waiting);
  }

  /** `waiting` came first. What else waits is looked through for what corresponds. */
  #differ(side: Side, record: Entering, waiting: Entering): void {
    const odd = { side: other(side), record: waiting };
    const same = streamOf(record) === streamOf(waiting);
    this.#odd = same ? { ...odd, counterpart: record } : odd;
    this.#ahead.a.length = 0;
    this.#ahead.b.length = 0;
  }

  #takeDigest(side: Side, record: DigestRecord): void {
    if (this.#odd !== undefined || this.#firstDigest !== undefined) return;
    const waiting = this.#digests[other(side)];
    while (waiting[0] !== undefined && waiting[0].tick < record.tick) waiting.shift();
    const at = waiting.findIndex(({ tick, scope }) => tick === record.tick && scope === record.scope);
    const [match] = at < 0 ? [] : waiting.splice(at, 1);
    if (match === undefined) {
      this.#digests[side].push(record);
      return;
    }
    this.#compared++;
    const { tick, scope } = record;
    if (match.digest === record.digest) {
      this.#agreed[scope] = tick;
      if (scope === 'all') this.#agreed.small = tick;
    } else {
      const [a, b] = side === 'a' ? [record, match] : [match, record];
      this.#firstDigest = { tick, scope, a: a.digest, b: b.digest };
    }
  }

  /** The end of a log carries a digest too. */
  #takeEnds({ a, b }: Both<Finish>): void {
    if (a.kind !== 'end' || b.kind !== 'end' || a.end.ticks !== b.end.ticks) return;
    const { ticks, digest } = a.end;
    if (digest === undefined || b.end.digest === undefined) return;
    this.#takeDigest('a', { kind: 'digest', tick: ticks, scope: 'all', digest });
    this.#takeDigest('b', { kind: 'digest', tick: ticks, scope: 'all', digest: b.end.digest });
  }

  #inputs(): InputDifference | undefined {
    if (this.#odd === undefined) return undefined;
    const { side, record, counterpart } = this.#odd;
    const kind = counterpart === undefined ? 'missing' : sameContent(record, counterpart) ? 'moved' : 'other';
    const [a, b] = side === 'a' ? [record, counterpart] : [counterpart, record];
    return { tick: record.tick, kind, a, b };
  }
}

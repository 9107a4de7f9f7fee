/**
 * Sequences of two runs paired item by item, whenever each came: the first pair of each stream that is not alike.
 */

import { minOf } from '../../lib/bigint.ts';
import { other, type Side } from './both.ts';

export interface Placed {
  readonly tick: bigint;
}

export interface StreamDifference<T extends Placed> {
  /** Kind and device: `packet virtio0`, `console uart`. */
  readonly stream: string;
  /** Place in the stream, from 0. */
  readonly index: number;
  /** undefined: the stream has ended on this side. */
  readonly a: T | undefined;
  readonly b: T | undefined;
}

interface Stream<T extends Placed> {
  /** Items of one side that the other has not come to. */
  readonly waiting: { a: T[]; b: T[] };
  paired: number;
  difference: StreamDifference<T> | undefined;
}

export class StreamPairs<T extends Placed> {
  readonly #alike: (a: T, b: T) => boolean;
  readonly #streams = new Map<string, Stream<T>>();

  constructor(alike: (a: T, b: T) => boolean) {
    this.#alike = alike;
  }

  /** Items in order, on each side. */
  take(side: Side, name: string, item: T): void {
    const stream = this.#streams.get(name) ?? { waiting: { a: [], b: [] }, paired: 0, difference: undefined };
    this.#streams.set(name, stream);
    if (stream.difference !== undefined) return;
    const partner = stream.waiting[other(side)].shift();
    if (partner === undefined) {
      stream.waiting[side].push(item);
    } else if (this.#alike(item, partner)) {
      stream.paired++;
    } else {
      const [a, b] = side === 'a' ? [item, partner] : [partner, item];
      stream.difference = { stream: name, index: stream.paired, a, b };
      stream.waiting.a.length = 0;
      stream.waiting.b.length = 0;
    }
  }

  /** Of streams in which a pair is not alike, or one side has more: the earliest first. */
  differences(): StreamDifference<T>[] {
    const all = [...this.#streams].flatMap(([stream, { waiting, paired, difference }]) => {
      if (difference !== undefined) return [difference];
      const [a, b] = [waiting.a[0], waiting.b[0]];
      return a === undefined && b === undefined ? [] : [{ stream, index: paired, a, b }];
    });
    return all.sort((x, y) => (earliestTick(x) < earliestTick(y) ? -1 : 1));
  }
}

/** The first tick at which it shows. */
export function earliestTick({ a, b }: StreamDifference<Placed>): bigint {
  if (a === undefined || b === undefined) return (a ?? b)!.tick;
  return minOf(a.tick, b.tick);
}

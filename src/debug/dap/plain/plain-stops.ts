/** Where a recording is to stop, without gdb: addresses and bytes of memory, with conditions, in sets. */

import { UserError } from '../../../lib/errors.ts';
import { StopPoints } from '../../gdb/stop-points.ts';
import type { DebugTarget } from '../../gdb/target.ts';
import type { Stop, StopRequests } from '../../timeline/timeline.ts';
import type { Access, Placed, Wanted, Watched } from '../debugger.ts';
import type { PlainExpressions } from './plain-expressions.ts';

interface Point {
  readonly id: number;
  readonly address: bigint;
  /** 0 for a breakpoint. */
  readonly length: number;
  readonly access: Access | undefined;
  readonly label: string;
  readonly holds: () => boolean;
  hitsLeft: number;
}

/** Digits by which StopPoints knows kinds. */
const TYPES: Readonly<Record<Access, string>> = { write: '2', read: '3', access: '4' };
const BREAKPOINT = '1';
const DATA = 'data';
const HART = 0;

export class PlainStops {
  readonly #expressions: PlainExpressions;
  readonly #sets = new Map<string, readonly Point[]>();
  readonly #points: StopPoints;
  #last = 0;

  constructor(target: DebugTarget, expressions: PlainExpressions) {
    this.#expressions = expressions;
    this.#points = new StopPoints(target);
  }

  get requests(): StopRequests {
    return this.#points.stops;
  }

  breakpoints(kind: string, wanted: readonly (Wanted & { readonly address: bigint | undefined })[]): readonly Placed[] {
    return this.#replace(kind, wanted, (one) => {
      if (one.address === undefined) throw new UserError('no-symbol', 'there is no symbol of this name', '');
      return this.#point({ ...one, address: one.address, length: 0 }, undefined);
    });
  }

  watch(wanted: readonly (Wanted & Watched & { readonly access: Access })[]): readonly Placed[] {
    return this.#replace(DATA, wanted, (one) => this.#point(one, one.access));
  }

  /** Whether a stop is one that was asked for, conditions and counts considered. */
  accepts(stop: Stop): boolean {
    if (stop.kind !== 'breakpoint' && stop.kind !== 'watchpoint') return true;
    const met = stop.kind === 'breakpoint' ? this.#breakpointsAt(stop.pc) : this.#watching(stop);
    return (
      met.filter((point) => {
        if (!point.holds()) return false;
        point.hitsLeft -= 1;
        return point.hitsLeft <= 0;
      }).length > 0
    );
  }

  /** Ids of the breakpoints there. */
  at(pc: bigint): readonly number[] {
    return this.#breakpointsAt(pc).map(({ id }) => id);
  }

  watchedBy(stop: Stop & { kind: 'watchpoint' }): { readonly text: string; readonly breakpoints: readonly number[] } {
    const met = this.#watching(stop);
    const where = met.map(({ label }) => label).join(', ');
    return { text: `${where}: accessed by 0x${stop.pc.toString(16)}`, breakpoints: met.map(({ id }) => id) };
  }

  #all(): readonly Point[] {
    return [...this.#sets.values()].flat();
  }
  #breakpointsAt(pc: bigint): readonly Point[] {
    return this.#all().filter(({ address, access }) => access === undefined && address === pc);
  }
  #watching({ watch }: Stop & { kind: 'watchpoint' }): readonly Point[] {
    const va = this.#points.watchedAddress(watch);
    return this.#all().filter(
      ({ address, length, access }) =>
        access === watch.on && va !== undefined && va >= address && va < address + BigInt(length),
    );
  }

  #point({ condition, hits, address, length, label }: Wanted & Watched, access: Access | undefined): Point {
    const holds = condition === undefined ? () => true : this.#expressions.condition(condition);
    const type = access === undefined ? BREAKPOINT : TYPES[access];
    const answer = this.#points.set(type, address, length, HART);
    if (answer !== 'OK') throw new UserError('not-set', (answer ?? 'E.no such kind').slice(2), '');
    this.#last += 1;
    return {
      id: this.#last,
      address,
      length,
      access,
      label: label ?? `${length} bytes at 0x${address.toString(16)}`,
      holds,
      hitsLeft: hits ?? 1,
    };
  }

  #replace<T extends Wanted>(kind: string, wanted: readonly T[], set: (one: T) => Point): readonly Placed[] {
    for (const { address, length, access } of this.#sets.get(kind) ?? []) {
      const isShared = this.#all().filter((one) => one.address === address && one.access === access).length > 1;
      if (!isShared) this.#points.clear(access === undefined ? BREAKPOINT : TYPES[access], address, length);
    }
    const points: Point[] = [];
    const placed = wanted.map((one): Placed => {
      try {
        const point = set(one);
        points.push(point);
        return { id: point.id, address: point.address };
      } catch (error) {
        if (error instanceof UserError) return { message: error.what };
        throw error;
      }
    });
    this.#sets.set(kind, points);
    return placed;
  }
}

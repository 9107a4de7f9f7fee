/**
 * Breakpoints and watchpoints as gdb sets and clears them (packets Z and z). Software breakpoints are kept here like
 * hardware ones: guest memory is never changed. Watchpoints come by virtual address and are translated when they are
 * set.
 *
 * gdb clears everything at each stop and sets it again when it goes on, perhaps while another address space is in use.
 * So a translation is remembered with the address space that it was made in, and used again while a different one is
 * in use; one that is not set again when the guest is continued is forgotten.
 */

import type { StopRequests, Watchpoint } from '../timeline/stops.ts';
import type { GuestView, Range } from './target.ts';

type Kind = 'software' | 'hardware' | Watchpoint['on'];
const KINDS: readonly Kind[] = ['software', 'hardware', 'write', 'read', 'access'];

interface Point {
  readonly kind: Kind;
  readonly va: bigint;
  readonly length: number;
}
interface Translation {
  readonly satp: bigint;
  readonly ranges: readonly Range[];
}

/** Longest object that is watched. */
const WATCH_BYTES_MAX = 1 << 20;
const POINTS_MAX = 10_000;

export class StopPoints {
  readonly #view: GuestView;
  readonly #set = new Map<string, Point>();
  readonly #translations = new Map<string, Translation>();

  constructor(view: GuestView) {
    this.#view = view;
  }

  /**
   * `type`: digit of the packet. Undefined when there is no such kind; else what to answer. Setting again is no error.
   */
  set(type: string, va: bigint, length: number, hart: number): 'OK' | `E.${string}` | undefined {
    const point = pointOf(type, va, length);
    if (point === undefined) return undefined;
    if (this.#set.size >= POINTS_MAX) return `E.more than ${POINTS_MAX} breakpoints`;
    if (isWatch(point.kind)) {
      if (length < 1 || length > WATCH_BYTES_MAX) return `E.a watchpoint covers 1 to ${WATCH_BYTES_MAX} bytes`;
      if (this.#translate(point, hart) === undefined) return 'E.the address is not mapped to RAM at this moment';
    }
    this.#set.set(keyOf(point), point);
    return 'OK';
  }

  /** Clearing what is not set is no error. Undefined when there is no such kind. */
  clear(type: string, va: bigint, length: number): 'OK' | undefined {
    const point = pointOf(type, va, length);
    if (point === undefined) return undefined;
    this.#set.delete(keyOf(point));
    return 'OK';
  }

  clearAll(): void {
    this.#set.clear();
    this.#translations.clear();
  }

  /** The guest is continued with what is set now. */
  continuing(): void {
    for (const key of this.#translations.keys()) if (!this.#set.has(key)) this.#translations.delete(key);
  }

  get stops(): StopRequests {
    const points = [...this.#set.values()];
    const breakpoints = new Set(points.filter(({ kind }) => !isWatch(kind)).map(({ va }) => va));
    const watchpoints = points.flatMap((point) => {
      const { kind } = point;
      return isWatch(kind) ? this.#rangesOf(point).map((range) => ({ ...range, on: kind })) : [];
    });
    return { breakpoints, watchpoints };
  }

  /** What stands at an address where the guest stopped: `hwbreak` when only hardware breakpoints do. */
  breakReason(pc: bigint): 'swbreak' | 'hwbreak' {
    const at = [...this.#set.values()].filter(({ va, kind }) => va === pc && !isWatch(kind));
    return at.length > 0 && at.every(({ kind }) => kind === 'hardware') ? 'hwbreak' : 'swbreak';
  }

  /** The virtual address that gdb gave for the bytes of a watchpoint. */
  watchedAddress(watch: Watchpoint): bigint | undefined {
    for (const point of this.#set.values()) {
      if (point.kind !== watch.on) continue;
      let va = point.va;
      for (const { pa, length } of this.#rangesOf(point)) {
        if (pa === watch.pa && length === watch.length) return va;
        va += BigInt(length);
      }
    }
    return undefined;
  }

  #rangesOf(point: Point): Translation['ranges'] {
    return this.#translations.get(keyOf(point))?.ranges ?? [];
  }

  #translate(point: Point, hart: number): Translation | undefined {
    const satp = this.#view.readRegister(hart, 'satp');
    const before = this.#translations.get(keyOf(point));
    const ranges = this.#view.physicalRanges(hart, point.va, point.length);
    if (before !== undefined && (before.satp !== satp || ranges === undefined)) return before;
    if (ranges === undefined) return undefined;
    const translation = { satp, ranges };
    this.#translations.set(keyOf(point), translation);
    return translation;
  }
}

const isWatch = (kind: Kind): kind is Watchpoint['on'] => kind !== 'software' && kind !== 'hardware';
const keyOf = ({ kind, va, length }: Point): string => `${kind} ${va} ${length}`;

function pointOf(type: string, va: bigint, length: number): Point | undefined {
  const kind = /^[0-4]$/.test(type) ? KINDS[Number(type)] : undefined;
  // The length of a breakpoint is that of the instruction, which changes nothing.
  return kind === undefined ? undefined : { kind, va, length: isWatch(kind) ? length : 0 };
}

/**
 * The order in which a backup carries out, on its own image, what the guest that it replays has asked of the disk. The
 * guest may be ahead of the image: its completions come from the log. So what the guest's disk kept apart by waiting
 * for a completion is kept apart here.
 *
 * Invariant: operations on bytes in common are done one after the other, in the guest's order, unless both are reads; a
 * flush is begun when all changes before it are done, and all changes after it wait. So whatever the image holds when
 * the host dies is what a disk may hold whose power fails: all that was flushed, of the rest some.
 */

import { type DiskOperation, type DiskRange, overlap, rangeOf } from '../../session/gate.ts';

export interface Entry {
  readonly operation: DiskOperation;
  /** The guest's number of it. */
  readonly request: number;
  readonly range: DiskRange;
  begun: boolean;
}

/** Entries that are looked at for one that may begin: more are not done at a time. */
const WINDOW = 64;

export class DiskOrder {
  readonly #entries: Entry[] = [];
  #bytes = 0;

  /** Bytes of data of what is not done. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** No change is waiting or under way. */
  get isSettled(): boolean {
    return this.#entries.every(isRead);
  }

  /** Reads that have not begun are not to be done. */
  dropReads(): void {
    for (const entry of this.#entries.filter((each) => isRead(each) && !each.begun)) this.done(entry);
  }

  add(operation: DiskOperation, request = 0): void {
    this.#bytes += weightOf(operation);
    this.#entries.push({ operation, request, range: rangeOf(operation), begun: false });
  }

  /** An operation that may begin now, which begins; `done` is to be called with what is given. */
  next(): Entry | undefined {
    const window = this.#entries.slice(0, WINDOW);
    const free = window.find((entry, i) => !entry.begun && !window.slice(0, i).some((before) => waits(before, entry)));
    if (free !== undefined) free.begun = true;
    return free;
  }

  done(entry: Entry): void {
    this.#bytes -= weightOf(entry.operation);
    this.#entries.splice(this.#entries.indexOf(entry), 1);
  }
}

const isFlush = ({ operation }: Entry): boolean => operation.op === 'flush';

const isRead = ({ operation }: Entry): boolean => operation.op === 'read';

function waits(before: Entry, entry: Entry): boolean {
  if (isRead(before) && isRead(entry)) return false;
  if (isFlush(before) || isFlush(entry)) return !isRead(before) && !isRead(entry);
  return overlap(before.range, entry.range);
}

/** What it takes of memory while it waits. */
const weightOf = (operation: DiskOperation): number => 64 + (operation.op === 'write' ? operation.data.length : 0);

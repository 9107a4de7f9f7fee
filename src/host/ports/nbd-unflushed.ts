/**
 * The writes that an NBD server has answered and that no flush has covered, in their order. A server whose computer
 * loses power may forget them; they are sent again before anything else, so that the next flush covers them.
 */

import { Command } from '../disk/nbd.ts';
import type { NbdRequest } from './nbd-connection.ts';

/** More than this and a flush is due. */
const BYTES_MAX = 64 << 20;
/** What keeping one costs beside its data. */
const EACH_BYTES = 128;

export class UnflushedWrites {
  #writes: NbdRequest[] = [];
  /** How many were ever covered. */
  #covered = 0;
  #bytes = 0;

  get full(): boolean {
    return this.#bytes > BYTES_MAX;
  }

  /** The request was answered as done. Its bytes stay as they are. */
  wrote(request: NbdRequest): void {
    if (request.command !== Command.write && request.command !== Command.writeZeroes) return;
    this.#writes.push(request);
    this.#bytes += bytesOf(request);
  }

  /** Before a flush is sent: what it will cover. */
  mark(): number {
    return this.#covered + this.#writes.length;
  }

  /** A flush was done that had this mark. */
  flushed(mark: number): void {
    const gone = this.#writes.splice(0, Math.max(0, mark - this.#covered));
    this.#covered += gone.length;
    for (const write of gone) this.#bytes -= bytesOf(write);
  }

  /** In groups to be sent one after the other; those of one group do not meet. */
  groups(most: number): NbdRequest[][] {
    const groups: NbdRequest[][] = [];
    let group: NbdRequest[] = [];
    for (const write of this.#writes) {
      if (group.length === most || group.some((other) => meet(write, other))) {
        groups.push(group);
        group = [];
      }
      group.push(write);
    }
    return group.length === 0 ? groups : [...groups, group];
  }
}

const bytesOf = ({ data }: NbdRequest): number => (data?.length ?? 0) + EACH_BYTES;
const meet = (a: NbdRequest, b: NbdRequest): boolean =>
  a.offset < b.offset + b.length && b.offset < a.offset + a.length;

/**
 * The log of a backup that reads disks itself: the records of the own log, but for a read that is done the data is left
 * out, and its length and digest stand for it. A read that failed stays what it is: it has no data.
 *
 *     Recorder ──> ForkedLog ──> own log: disk, with data
 *                       └─────> through(log): read, without ──> frames, each behind the places that it says were read
 */

import { digest64 } from '../../lib/digest64.ts';
import type { ChannelRecord, DiskRecord, LogRecord } from '../../logformat/records.ts';
import type { LogWriter } from '../../logformat/writer.ts';
import type { Output } from '../../session/gate.ts';
import { type Place, placeOf } from '../disk/place.ts';
import type { BranchLog } from './forked-log.ts';

export interface ReadReferencesParts {
  /** What the guest has asked for; of a request that is recorded as done, still that. */
  readonly pending: () => readonly Output[];
  /** Disks of which each side has its own. */
  readonly inside: { has(device: string): boolean };
}

/** Status of virtio-blk. */
const OK = 0;

export class ReadReferences {
  readonly #parts: ReadReferencesParts;
  #places: Place[] = [];

  constructor(parts: ReadReferencesParts) {
    this.#parts = parts;
  }

  /** A log to write records to; what reaches `log` is without data. */
  through(log: LogWriter): BranchLog {
    return {
      get offset() {
        return log.offset;
      },
      appendAll: (records) => log.appendAll(this.#without(records)),
      flush: () => log.flush(),
      close: (end) => log.close(end),
    };
  }

  /** Places of shared disks that were read, by what has been written to the log since this was asked last. */
  takePlaces(): readonly Place[] {
    const places = this.#places;
    this.#places = [];
    return places;
  }

  #without(records: readonly LogRecord[]): readonly ChannelRecord[] {
    const shared = records.filter(hasRead).filter(({ device }) => !this.#parts.inside.has(device));
    if (shared.length > 0) this.#places.push(...this.#placesOf(shared));
    return records.map((record) => {
      if (!hasRead(record)) return record;
      const { tick, device, request, data } = record;
      return { kind: 'read', tick, device, request, length: data.length, digest: digest64(data) };
    });
  }

  #placesOf(reads: readonly DiskRecord[]): Place[] {
    const keys = new Set(reads.map(keyOf));
    return this.#parts.pending().flatMap((output) => {
      const place = output.kind === 'disk' && keys.has(keyOf(output)) ? placeOf(output) : undefined;
      return place === undefined ? [] : [place];
    });
  }
}

const hasRead = (record: LogRecord): record is DiskRecord =>
  record.kind === 'disk' && record.status === OK && record.data.length > 0;

const keyOf = ({ device, request }: Pick<DiskRecord, 'device' | 'request'>): string => `${device} ${request}`;

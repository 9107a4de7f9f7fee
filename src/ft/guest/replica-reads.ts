/**
 * Disk reads of a guest that is replayed, where their data is not in the log: this side reads it from its own end of
 * the disk when the guest asks, and the completion waits for it. After Scales and others (2010), section 4.2.
 *
 *     guest asks ── ask ──> own disk ── came ──> [ data ] <── whole ── completion in the log
 *                             ^                     │
 *                             └───── again ─────────┘ other bytes than the primary's
 *
 * Invariant: data is given to a completion alone whose length and digest it has.
 */

import { digest64 } from '../../lib/digest64.ts';
import type { DiskRecord, ReadRecord } from '../../logformat/records.ts';
import type { Output } from '../../session/gate.ts';

export type DiskOutput = Output & { readonly kind: 'disk' };

export interface ReplicaReadsParts {
  /** Reads it from this side's disk; `came` follows. */
  readonly ask: (output: DiskOutput) => void;
  /** The same once more, not at once: what was read is not what the primary read. */
  readonly again: (output: DiskOutput) => void;
}

interface Asked {
  readonly output: DiskOutput;
  data: Uint8Array | undefined;
}

/** Status of virtio-blk. */
const OK = 0;
const NOTHING = new Uint8Array(0);

export class ReplicaReads {
  readonly #parts: ReplicaReadsParts;
  /** Not completed in the log. */
  readonly #asked = new Map<string, Asked>();

  constructor(parts: ReplicaReadsParts) {
    this.#parts = parts;
  }

  /** The guest asks for it. */
  ask(output: DiskOutput): void {
    this.#asked.set(keyOf(output), { output, data: undefined });
    this.#parts.ask(output);
  }

  /** This side's disk has given it. What nobody waits for any more is dropped. */
  came(device: string, request: number, data: Uint8Array): void {
    const asked = this.#asked.get(keyOf({ device, request }));
    if (asked !== undefined) asked.data = data;
  }

  /**
   * The record with its data; undefined while that is not here. A request that the guest has not made is given without:
   * the machine refuses it, and the replay has diverged.
   */
  whole({ tick, device, request, length, digest }: ReadRecord): DiskRecord | undefined {
    const key = keyOf({ device, request });
    const asked = this.#asked.get(key);
    if (asked === undefined) return { kind: 'disk', tick, device, request, status: OK, data: NOTHING };
    const { data } = asked;
    if (data === undefined) return undefined;
    if (data.length === length && digest64(data) === digest) {
      this.#asked.delete(key);
      return { kind: 'disk', tick, device, request, status: OK, data };
    }
    asked.data = undefined;
    this.#parts.again(asked.output);
    return undefined;
  }

  /** The request failed at the primary: what it left in memory is in the log, which is nothing. */
  forget({ device, request }: Pick<DiskRecord, 'device' | 'request'>): void {
    this.#asked.delete(keyOf({ device, request }));
  }
}

const keyOf = ({ device, request }: Pick<DiskOutput, 'device' | 'request'>): string => `${device} ${request}`;

/**
 * The records of a log: one row for each kind, with its tag and its fields in the order of their columns. A reader
 * refuses a tag that is not in the table. docs/log-format.md, section "Records", states the same table for people.
 *
 * A record with tick `t` holds after exactly `t` steps, in the order of the log among those of the same tick; a
 * `nondet` record is read by the step that begins at its tick. Device names and numbers mean what the machine says
 * they mean.
 */

import type { Tick } from '../lib/brands.ts';

/** The clock's anchor moves to (tick, time). `time`: clock units; `rate`: clock units per tick times 2^24. */
export interface ClockRecord {
  readonly kind: 'clock';
  readonly tick: Tick;
  readonly time: bigint;
  readonly rate: bigint;
}
/** Bytes that came in at a console. */
export interface ConsoleRecord {
  readonly kind: 'console';
  readonly tick: Tick;
  readonly device: string;
  readonly bytes: Uint8Array;
}
/** One frame that came in from the network. */
export interface PacketRecord {
  readonly kind: 'packet';
  readonly tick: Tick;
  readonly device: string;
  readonly frame: Uint8Array;
}
/** A disk request is done. `data`: what was read, empty otherwise. */
export interface DiskRecord {
  readonly kind: 'disk';
  readonly tick: Tick;
  readonly device: string;
  readonly request: number;
  readonly status: number;
  readonly data: Uint8Array;
}
/**
 * A read of a disk is done, and whoever follows reads the data itself: so many bytes, with this digest (digest64). It
 * stands in a channel's frames for the disk record of the same request, and is never in a file.
 */
export interface ReadRecord {
  readonly kind: 'read';
  readonly tick: Tick;
  readonly device: string;
  readonly request: number;
  readonly length: number;
  readonly digest: bigint;
}
/** Random bytes that a device asked for. */
export interface EntropyRecord {
  readonly kind: 'entropy';
  readonly tick: Tick;
  readonly device: string;
  readonly request: number;
  readonly bytes: Uint8Array;
}
/** A value the processor read that nothing determines. `source`: the machine's number for what was read. */
export interface NondetRecord {
  readonly kind: 'nondet';
  readonly tick: Tick;
  readonly source: number;
  readonly value: bigint;
}
/**
 * What left a device since its last mark: `length` bytes in all, with their digest. Marks count from 1 over the log.
 */
export interface OutputRecord {
  readonly kind: 'output';
  readonly tick: Tick;
  readonly device: string;
  readonly length: number;
  readonly digest: bigint;
}
/** Digest of machine state. `scope` 'small': without memory. */
export interface DigestRecord {
  readonly kind: 'digest';
  readonly tick: Tick;
  readonly scope: DigestScope;
  readonly digest: bigint;
}
export type DigestScope = 'all' | 'small';
/** The operator's word: as if the plug were pulled, or the reset button pressed. */
export interface ControlRecord {
  readonly kind: 'control';
  readonly tick: Tick;
  readonly action: ControlAction;
}
export type ControlAction = 'powerOff' | 'reset';
/** The operator's word: the guest stands still, so that nothing but inputs happens before its `resume`. */
export interface SuspendRecord {
  readonly kind: 'suspend';
  readonly tick: Tick;
}
/** A guest that stands still goes on. */
export interface ResumeRecord {
  readonly kind: 'resume';
  readonly tick: Tick;
}
/** The operator's word: the guest has so much of a processor, 1 to 100 percent, from here on. */
export interface ShareRecord {
  readonly kind: 'share';
  readonly tick: Tick;
  readonly percent: number;
}
/** Nothing else happens before this tick. */
export interface ProgressRecord {
  readonly kind: 'progress';
  readonly tick: Tick;
}

/** What a file holds. */
export type LogRecord =
  | ClockRecord
  | ConsoleRecord
  | PacketRecord
  | DiskRecord
  | EntropyRecord
  | NondetRecord
  | OutputRecord
  | DigestRecord
  | ControlRecord
  | SuspendRecord
  | ResumeRecord
  | ShareRecord
  | ProgressRecord;

/** What the frames of a channel hold. */
export type ChannelRecord = LogRecord | ReadRecord;

export type RecordKind = ChannelRecord['kind'];

/**
 * How a column is written (columns.ts): `time` and `rate` as predicted from the anchor before; `uint` a varint;
 * `device` an index into the frame's names; `blob` length, then bytes, each; `value` as a distance from the last of
 * the same source; `hash` 8 bytes; `scope` and `action` an index into the lists below.
 */
export type ColumnType = 'time' | 'rate' | 'uint' | 'device' | 'blob' | 'value' | 'hash' | 'scope' | 'action';

export interface Row {
  readonly tag: number;
  /** Minor version of the format that brought the record. */
  readonly since: number;
  readonly columns: readonly (readonly [field: string, type: ColumnType])[];
}

const row = (tag: number, since: number, columns: { readonly [field: string]: ColumnType }): Row => ({
  tag,
  since,
  columns: Object.entries(columns),
});

export const ROWS: { readonly [kind in RecordKind]: Row } = {
  clock: row(1, 0, { rate: 'rate', time: 'time' }),
  console: row(2, 0, { device: 'device', bytes: 'blob' }),
  packet: row(3, 0, { device: 'device', frame: 'blob' }),
  disk: row(4, 0, { device: 'device', request: 'uint', status: 'uint', data: 'blob' }),
  entropy: row(5, 0, { device: 'device', request: 'uint', bytes: 'blob' }),
  nondet: row(6, 0, { source: 'uint', value: 'value' }),
  output: row(7, 0, { device: 'device', length: 'uint', digest: 'hash' }),
  digest: row(8, 0, { scope: 'scope', digest: 'hash' }),
  control: row(9, 0, { action: 'action' }),
  progress: row(10, 0, {}),
  read: row(11, 2, { device: 'device', request: 'uint', length: 'uint', digest: 'hash' }),
  suspend: row(12, 3, {}),
  resume: row(13, 3, {}),
  share: row(14, 3, { percent: 'uint' }),
};

export const RECORD_KINDS = Object.keys(ROWS) as readonly RecordKind[];

export const isOfFile = (record: ChannelRecord): record is LogRecord => record.kind !== 'read';
export const FILE_KINDS: readonly LogRecord['kind'][] = RECORD_KINDS.filter((kind) => kind !== 'read');

/** Order is the wire value. */
export const SCOPES: readonly DigestScope[] = ['small', 'all'];
export const ACTIONS: readonly ControlAction[] = ['powerOff', 'reset'];

const KIND_BY_TAG: ReadonlyMap<number, RecordKind> = new Map(RECORD_KINDS.map((kind) => [ROWS[kind].tag, kind]));

export const kindOfTag = (tag: number): RecordKind | undefined => KIND_BY_TAG.get(tag);

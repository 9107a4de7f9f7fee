/**
 * The payload of an events frame: records packed by column. Each frame can be read alone. Layout, all numbers varints:
 *
 *     record count | device names: count, then (length, UTF-8) each
 *     kinds:  (tag, how many in a row) until all records have one
 *     ticks:  distance from the record before; the first from the frame's first tick
 *     for each kind present, in the order of the table: for each of its fields: the values of all its records
 *
 * Nothing may be left over. docs/log-format.md, section "Events".
 */

import { type Tick, tick } from '../lib/brands.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { CODECS, Context, type Fields, type FieldValue, Names } from './columns.ts';
import { FormatError, NewerFormatError } from './errors.ts';
import {
  type ChannelRecord,
  isOfFile,
  kindOfTag,
  type LogRecord,
  RECORD_KINDS,
  type RecordKind,
  ROWS,
} from './records.ts';

/** A record whose fields are being filled in. */
type Row = { [field: string]: FieldValue };

const MAX_NAME_BYTES = 64;
/** Records in one frame: a bound on what a reader allocates. */
export const MAX_RECORDS = 1 << 16;
const utf8 = { encode: new TextEncoder(), decode: new TextDecoder('utf-8', { fatal: true }) };

/** Used again for each frame: their places are worth more than the few bytes that go in. */
const columns = new ByteWriter();
const out = new ByteWriter();

/** A record of each kind with nothing in it: what is read is put where it has its place already. */
const BLANKS = Object.fromEntries(
  RECORD_KINDS.map((kind) => [
    kind,
    { kind, tick: 0n, ...Object.fromEntries(ROWS[kind].columns.map(([field]) => [field, 0])) },
  ]),
) as unknown as { readonly [kind in RecordKind]: Row };

/** Records in order, ticks not decreasing and none before `firstTick`. */
export function encodeEvents(records: readonly ChannelRecord[], firstTick: Tick): Uint8Array {
  if (records.length > MAX_RECORDS) throw new RangeError(`${records.length} records do not fit in a frame`);
  const names = new Names();
  columns.reset();
  out.reset();
  const byKind = rowsByKind(records as readonly unknown[] as readonly Fields[]);
  for (const kind of RECORD_KINDS) writeColumns(columns, kind, byKind[kind] ?? [], names);
  out.varint(records.length);
  out.varint(names.list.length);
  for (const name of names.list) writeName(out, name);
  writeKinds(out, records);
  let last: bigint = firstTick;
  for (const record of records) {
    if (record.tick < last) throw new RangeError(`a ${record.kind} record at tick ${record.tick} after tick ${last}`);
    out.varint(record.tick - last);
    last = record.tick;
  }
  out.bytes(columns.view());
  return out.take();
}

/** Names of devices are ASCII, mostly: that takes no encoder. */
function writeName(out: ByteWriter, name: string): void {
  const bytes = isAscii(name) ? undefined : utf8.encode.encode(name);
  const length = bytes?.length ?? name.length;
  if (length > MAX_NAME_BYTES) throw new RangeError(`the device name ${name} is too long`);
  out.varint(length);
  if (bytes !== undefined) out.bytes(bytes);
  else for (let i = 0; i < length; i++) out.u8(name.charCodeAt(i));
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

function writeKinds(out: ByteWriter, records: readonly ChannelRecord[]): void {
  for (let i = 0; i < records.length; ) {
    const from = i;
    while (i < records.length && records[i]!.kind === records[from]!.kind) i++;
    out.u8(ROWS[records[from]!.kind].tag);
    out.varint(i - from);
  }
}

function writeColumns(out: ByteWriter, kind: RecordKind, rows: readonly Fields[], names: Names): void {
  const [first] = rows;
  if (first === undefined) return;
  for (const [field, type] of ROWS[kind].columns) {
    const codec = CODECS[type];
    const context = new Context(first, names, 0);
    for (const record of rows) {
      context.record = record;
      codec.write(out, record[field]!, context);
      context.previous = record;
    }
  }
}

/** In their order; a kind without any has no entry. */
function rowsByKind<T extends Fields>(records: readonly T[]): { [kind in RecordKind]?: T[] } {
  const byKind: { [kind in RecordKind]?: T[] } = {};
  for (const record of records) {
    const kind = record.kind as RecordKind;
    const rows = byKind[kind];
    if (rows === undefined) byKind[kind] = [record];
    else rows.push(record);
  }
  return byKind;
}

/** As `decodeChannelEvents`, of a file: FormatError when what was read is not there. */
export function decodeEvents(payload: Uint8Array, firstTick: Tick): LogRecord[] {
  const records = decodeChannelEvents(payload, firstTick);
  if (!records.every(isOfFile)) throw new FormatError('a read has no data, which is so on a channel alone');
  return records;
}

/**
 * FormatError on anything that encodeEvents would not write in substance; NewerFormatError on a tag it does not know.
 */
export function decodeChannelEvents(payload: Uint8Array, firstTick: Tick): ChannelRecord[] {
  const input = new ByteReader(payload);
  const count = input.count(MAX_RECORDS);
  const names = readNames(input, payload.length);
  const kinds = readKinds(input, count);
  const records: Row[] = [];
  let at: bigint = firstTick;
  for (const kind of kinds) {
    at += input.varint();
    if (at >= 1n << 64n) throw new FormatError('a tick does not fit in 64 bits');
    records.push({ ...BLANKS[kind], tick: tick(at) });
  }
  const byKind = rowsByKind(records);
  for (const kind of RECORD_KINDS) readColumns(input, kind, byKind[kind] ?? [], names);
  if (input.left !== 0) throw new FormatError(`${input.left} bytes are left over after the last record`);
  return records as unknown as ChannelRecord[];
}

function readColumns(input: ByteReader, kind: RecordKind, rows: readonly Row[], names: Names): void {
  const [first] = rows;
  if (first === undefined) return;
  const limit = input.left;
  for (const [field, type] of ROWS[kind].columns) {
    const codec = CODECS[type];
    const context = new Context(first, names, limit);
    for (const record of rows) {
      context.record = record;
      record[field] = codec.read(input, context);
      context.previous = record;
    }
  }
}

function readNames(input: ByteReader, max: number): Names {
  const names: string[] = [];
  for (let left = input.count(max); left > 0; left--) {
    const length = input.count(MAX_NAME_BYTES);
    names.push(input.ascii(length) ?? decodeName(input.bytes(length)));
  }
  return new Names(names);
}

function decodeName(bytes: Uint8Array): string {
  try {
    return utf8.decode.decode(bytes);
  } catch {
    throw new FormatError('a device name is not UTF-8');
  }
}

function readKinds(input: ByteReader, count: number): RecordKind[] {
  const kinds: RecordKind[] = [];
  while (kinds.length < count) {
    const tag = input.u8();
    const kind = kindOfTag(tag);
    if (kind === undefined) throw new NewerFormatError(`record tag ${tag} is not known to this version`);
    const run = input.count(count - kinds.length);
    if (run === 0) throw new FormatError('an empty run of records');
    for (let i = 0; i < run; i++) kinds.push(kind);
  }
  return kinds;
}

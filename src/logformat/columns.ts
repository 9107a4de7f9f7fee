/**
 * One column: the values of one field over all records of one kind in a frame. A codec writes a value knowing the
 * records before it in the same frame, and nothing else: each frame stands alone.
 */

import type { ByteReader, ByteWriter } from './bytes.ts';
import { FormatError } from './errors.ts';
import { ACTIONS, type ColumnType, SCOPES } from './records.ts';

export type FieldValue = bigint | number | string | Uint8Array;
export type Fields = { readonly [field: string]: FieldValue };

/** What a column codec may look at besides its own value. One for each column, which goes from record to record. */
export class Context {
  /** The record that the value belongs to; `tick` is set, and so are the columns before this one. */
  record: Fields;
  /** The record of the same kind before it in the frame. */
  previous: Fields | undefined;
  /** Names of devices in the frame. */
  readonly names: Names;
  /** Longest blob that can still come. */
  readonly limit: number;
  #bySource: Map<number, bigint> | undefined;

  constructor(first: Fields, names: Names, limit: number) {
    this.record = first;
    this.names = names;
    this.limit = limit;
  }

  /** Last value by source (`value` columns). */
  get bySource(): Map<number, bigint> {
    this.#bySource ??= new Map();
    return this.#bySource;
  }
}

interface ColumnCodec {
  write(out: ByteWriter, value: FieldValue, context: Context): void;
  read(input: ByteReader, context: Context): FieldValue;
}

/** One codec for each column type. A blob is its length and its bytes. */
export const CODECS: { readonly [type in ColumnType]: ColumnCodec } = {
  time: {
    write: (out, value, context) => out.zigzag((value as bigint) - predictTime(context)),
    read: (input, context) => BigInt.asUintN(64, predictTime(context) + input.zigzag()),
  },
  rate: {
    write: (out, value) => writeScaled(out, value as bigint),
    read: (input) => readScaled(input),
  },
  uint: {
    write: (out, value) => out.varint(value as number),
    read: (input) => input.count(0xffffffff),
  },
  device: {
    write: (out, value, { names }) => out.varint(names.index(value as string)),
    read: (input, { names }) => names.name(input.count(0xffff)),
  },
  blob: {
    write: (out, value) => {
      out.varint((value as Uint8Array).length);
      out.bytes(value as Uint8Array);
    },
    read: (input, { limit }) => input.bytes(input.count(limit)),
  },
  value: {
    write: (out, value, { record, bySource }) => {
      const source = record.source as number;
      out.zigzag((value as bigint) - (bySource.get(source) ?? 0n));
      bySource.set(source, value as bigint);
    },
    read: (input, { record, bySource }) => {
      const source = record.source as number;
      const value = BigInt.asUintN(64, (bySource.get(source) ?? 0n) + input.zigzag());
      bySource.set(source, value);
      return value;
    },
  },
  hash: {
    write: (out, value) => out.u64(value as bigint),
    read: (input) => input.u64(),
  },
  scope: listCodec(SCOPES),
  action: listCodec(ACTIONS),
};

function listCodec(list: readonly string[]): ColumnCodec {
  return {
    write: (out, value) => {
      const index = list.indexOf(value as string);
      if (index < 0) throw new RangeError(`${value} is not one of ${list.join(', ')}`);
      out.u8(index);
    },
    read: (input) => list[input.count(list.length - 1)]!,
  };
}

/** Time at the record's tick by the anchor before it in the frame; 0 without one. */
function predictTime({ record, previous }: Context): bigint {
  if (previous === undefined) return 0n;
  const ticks = (record.tick as bigint) - (previous.tick as bigint);
  return BigInt.asUintN(64, (previous.time as bigint) + ((ticks * (previous.rate as bigint)) >> 24n));
}

/** Rates have few significant bits: varint of (odd part, or 0) times 64 plus the number of zero bits below it. */
function writeScaled(out: ByteWriter, value: bigint): void {
  const zeros = value === 0n ? 0n : BigInt(trailingZeros(value));
  const odd = value >> zeros;
  if (odd >= 1n << 58n) throw new RangeError(`rate ${value} has too many significant bits`);
  out.varint((odd << 6n) | zeros);
}

/** Of a value that is not 0. */
function trailingZeros(value: bigint): number {
  for (let zeros = 0, rest = value; ; zeros += 32, rest >>= 32n) {
    const low = Number(BigInt.asUintN(32, rest));
    if (low !== 0) return zeros + 31 - Math.clz32(low & -low);
  }
}

function readScaled(input: ByteReader): bigint {
  const word = input.varint();
  const odd = word >> 6n;
  const zeros = word & 63n;
  if ((odd & 1n) === 0n && (odd !== 0n || zeros !== 0n)) throw new FormatError('a rate is not in its shortest form');
  const value = odd << zeros;
  if (value >= 1n << 64n) throw new FormatError('a rate does not fit in 64 bits');
  return value;
}

/** The device names of one frame, in order of first use. */
export class Names {
  readonly list: string[];

  constructor(list: string[] = []) {
    this.list = list;
  }

  index(name: string): number {
    const index = this.list.indexOf(name);
    return index >= 0 ? index : this.list.push(name) - 1;
  }

  name(index: number): string {
    const name = this.list[index];
    if (name === undefined) throw new FormatError(`device number ${index} has no name`);
    return name;
  }
}

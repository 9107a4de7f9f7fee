/**
 * Growing byte writer and bounded byte reader with unsigned LEB128 varints. The reader throws FormatError when the
 * bytes end early or a varint is longer than 64 bits; it never allocates by a length it has not checked against what
 * is left.
 */

import { putU32, u32 } from '../lib/big-endian.ts';
import { FormatError } from './errors.ts';

const U64 = (1n << 64n) - 1n;

/** Most of what is written fits. */
const FIRST_BYTES = 256;
/** A longer place is not kept for what is written next. */
const KEPT_BYTES = 1 << 20;

export class ByteWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Nothing is written, and views that were given hold nothing any more. */
  reset(): void {
    this.#length = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = new Uint8Array(FIRST_BYTES);
  }

  u8(value: number): void {
    this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  /** 8 bytes, big endian. */
  u64(value: bigint): void {
    this.#grow(8);
    putU32(this.#bytes, this.#length, Number(value >> 32n));
    putU32(this.#bytes, this.#length + 4, Number(value & 0xffffffffn));
    this.#length += 8;
  }

  bytes(value: Uint8Array): void {
    this.#grow(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** 0 to 2^64 - 1. */
  varint(value: bigint | number): void {
    this.#grow(10);
    let rest: number;
    if (typeof value === 'bigint') {
      if (value < 0n || value > U64) throw new RangeError(`${value} does not fit in 64 bits`);
      let wide = value;
      for (; wide > 0x7fffffffn; wide >>= 7n) this.#bytes[this.#length++] = Number(wide & 0x7fn) | 0x80;
      rest = Number(wide);
    } else {
      if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not an unsigned integer`);
      rest = value;
      for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = (rest % 128) | 0x80;
    }
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  /** Any 64-bit pattern as a signed distance, small ones short. */
  zigzag(value: bigint): void {
    const signed = BigInt.asIntN(64, value);
    this.varint(BigInt.asUintN(64, (signed << 1n) ^ (signed >> 63n)));
  }

  /** What was written, in an array of its own. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** What was written, as it lies here: only until more is written. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new FormatError('the bytes end early');
    this.#at++;
    return value;
  }

  /** 8 bytes, big endian. */
  u64(): bigint {
    if (this.left < 8) throw new FormatError('the bytes end early');
    const [high, low] = [u32(this.#bytes, this.#at), u32(this.#bytes, this.#at + 4)];
    this.#at += 8;
    return (BigInt(high) << 32n) | BigInt(low);
  }

  bytes(length: number): Uint8Array {
    if (length > this.left) throw new FormatError('the bytes end early');
    const from = this.#at;
    this.#at += length;
    return new Uint8Array(this.#bytes.subarray(from, this.#at));
  }

  /** The text that the next few bytes are, when they are ASCII; else undefined, and nothing is read. */
  ascii(length: number): string | undefined {
    if (length > this.left) throw new FormatError('the bytes end early');
    const codes: number[] = [];
    for (let i = 0; i < length; i++) {
      const byte = this.#bytes[this.#at + i]!;
      if (byte > 0x7f) return undefined;
      codes.push(byte);
    }
    this.#at += length;
    return String.fromCharCode(...codes);
  }

  varint(): bigint {
    return BigInt(this.#number());
  }

  /** A varint: a number where it is short. */
  #number(): number | bigint {
    let value = 0;
    let scale = 1;
    for (let shift = 0; shift < 28; shift += 7, scale *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    let wide = BigInt(value);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.u8();
      wide |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (wide > U64) break;
        return wide;
      }
    }
    throw new FormatError('a number is longer than 64 bits');
  }

  /** A varint that counts bytes, records or the like: at most `max`. */
  count(max: number): number {
    const value = this.#number();
    if (value > max) throw new FormatError(`a count of ${value} where at most ${max} can be`);
    return Number(value);
  }

  zigzag(): bigint {
    const value = this.varint();
    return BigInt.asUintN(64, (value >> 1n) ^ -(value & 1n));
  }
}

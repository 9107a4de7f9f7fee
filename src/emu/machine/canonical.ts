/**
 * One byte string for each plain value: what a state digest is taken over. Not a storage format: it is never decoded.
 * Object keys are sorted, so that the order in which a state was built does not count.
 */

import type { Plain } from '../devices/device.ts';

const Tag = { null: 0, false: 1, true: 2, number: 3, bigint: 4, string: 5, bytes: 6, array: 7, object: 8 } as const;

export function canonicalBytes(value: Plain): Uint8Array {
  const out = new Sink();
  encode(out, value);
  return out.bytes();
}

function encode(out: Sink, value: Plain): void {
  if (value === null) out.byte(Tag.null);
  else if (typeof value === 'boolean') out.byte(value ? Tag.true : Tag.false);
  else if (typeof value === 'number') out.number(value);
  else if (typeof value === 'bigint') out.text(Tag.bigint, value.toString(16));
  else if (typeof value === 'string') out.text(Tag.string, value);
  else if (value instanceof Uint8Array) out.blob(Tag.bytes, value);
  else if (isArray(value)) {
    out.count(Tag.array, value.length);
    for (const item of value) encode(out, item);
  } else {
    const keys = Object.keys(value).sort();
    out.count(Tag.object, keys.length);
    for (const key of keys) {
      out.text(Tag.string, key);
      encode(out, value[key]!);
    }
  }
}

const isArray = (value: Plain): value is readonly Plain[] => Array.isArray(value);

const utf8 = new TextEncoder();

class Sink {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }
  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = value;
  }
  number(value: number): void {
    this.#room(9);
    this.byte(Tag.number);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }
  count(tag: number, value: number): void {
    this.#room(5);
    this.byte(tag);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }
  text(tag: number, value: string): void {
    this.blob(tag, utf8.encode(value));
  }
  blob(tag: number, bytes: Uint8Array): void {
    this.count(tag, bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at + bytes));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/**
 * Where two plain values differ, by path (`queues.0.lastAvailable`); lists count as maps by position. For device states
 * and for the configuration in a header, which are both of this form.
 */

import type { Plain } from '../../emu/devices/device.ts';

export interface PlainDifference {
  readonly path: string;
  /** For people; undefined where that side has nothing at this path. */
  readonly a: string | undefined;
  readonly b: string | undefined;
}

/** Bytes shown before and after the first difference of two byte strings. */
const BYTES_AROUND = 4;
const BYTES_SHOWN = 40;

/** Empty when they are equal. `path`: what the values themselves are called. */
export function comparePlain(a: Plain | undefined, b: Plain | undefined, path: string): PlainDifference[] {
  if (isComposite(a) && isComposite(b)) {
    return keysOf(a, b).flatMap((key) => comparePlain(a[key], b[key], path === '' ? key : `${path}.${key}`));
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b, path);
  const [x, y] = [textOf(a), textOf(b)];
  return x === y ? [] : [{ path, a: x, b: y }];
}

/** As an expert reads it: numbers in decimal and, from 10 up, in hexadecimal too. */
export function textOf(value: Plain | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value instanceof Uint8Array) return bytesText(value, 0);
  if (typeof value === 'bigint' || typeof value === 'number') return numberText(value);
  if (isComposite(value))
    return `{ ${Object.entries(value)
      .map(([key, item]) => `${key}: ${textOf(item)}`)
      .join(', ')} }`;
  return String(value);
}

const numberText = (value: bigint | number): string =>
  value >= 10 && Number.isInteger(Number(value)) ? `${value} (0x${value.toString(16)})` : `${value}`;

function compareBytes(a: Uint8Array, b: Uint8Array, path: string): PlainDifference[] {
  const length = Math.max(a.length, b.length);
  let at = 0;
  while (at < length && a[at] === b[at]) at++;
  if (at === length) return [];
  if (length <= BYTES_SHOWN) return [{ path, a: bytesText(a, 0), b: bytesText(b, 0) }];
  const from = Math.max(0, at - BYTES_AROUND);
  return [{ path: `${path}[${at}]`, a: bytesText(a, from), b: bytesText(b, from) }];
}

function bytesText(bytes: Uint8Array, from: number): string {
  const shown = bytes.subarray(from, from + BYTES_SHOWN);
  const text = Array.from(shown, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const cut = from > 0 || from + shown.length < bytes.length;
  return cut
    ? `${from > 0 ? '…' : ''}${text}${from + shown.length < bytes.length ? '…' : ''}, ${bytes.length} bytes`
    : text;
}

type Composite = { readonly [key: string]: Plain };
const isComposite = (value: Plain | undefined): value is Composite =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
const keysOf = (a: Composite, b: Composite): string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])];

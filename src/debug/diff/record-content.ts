/**
 * What a record says besides when: what makes two inputs or outputs the same one at another moment.
 */

import type { LogRecord, NondetRecord } from '../../logformat/records.ts';
import { type InputRecord, isInput } from '../../session/translate.ts';

/** What goes into the machine: inputs, and values read that nothing determines. */
export type Entering = InputRecord | NondetRecord;
export const isEntering = (record: LogRecord): record is Entering => record.kind === 'nondet' || isInput(record);

/**
 * The stream that a record belongs to, one for each kind and device: records of two logs correspond by their place in
 * their stream. `clock` and `read 2` (of time) are what a live clock makes differ at once.
 */
export function streamOf(record: LogRecord): string {
  if (record.kind === 'nondet') return `read ${record.source}`;
  return 'device' in record ? `${record.kind} ${record.device}` : record.kind;
}

/** Streams that say when and not what. */
const TIMING: ReadonlySet<string> = new Set(['clock', 'read 2', 'progress', 'digest']);
export const isTiming = (stream: string): boolean => TIMING.has(stream);

export function sameContent(a: LogRecord, b: LogRecord): boolean {
  const keys = Object.keys(a).filter((key) => key !== 'tick');
  if (keys.length !== Object.keys(b).length - 1) return false;
  const [x, y] = [fieldsOf(a), fieldsOf(b)];
  return keys.every((key) => sameValue(x[key], y[key]));
}

const fieldsOf = (record: LogRecord): { readonly [field: string]: unknown } => ({ ...record });

function sameValue(a: unknown, b: unknown): boolean {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

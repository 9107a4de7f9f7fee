/** One line for a record of a log, and its plain form for JSON. */

import type { LogRecord } from '../logformat/records.ts';
import { count } from './text.ts';

const BYTES_SHOWN = 48;

export function recordText(record: LogRecord): string {
  const { tick, kind, ...rest } = record;
  const fields = Object.entries(rest).map(([name, value]) => `${name}=${fieldText(name, value)}`);
  return `${count(tick).padStart(18)}  ${kind.padEnd(8)} ${fields.join(' ')}`.trimEnd();
}

function fieldText(name: string, value: unknown): string {
  if (value instanceof Uint8Array) return bytesText(value);
  if (typeof value === 'bigint' && name === 'digest') return value.toString(16).padStart(16, '0');
  return String(value);
}

/** Printable text as text, else hexadecimal; long ones are cut. */
function bytesText(bytes: Uint8Array): string {
  const shown = bytes.subarray(0, BYTES_SHOWN);
  const printable = shown.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 10 || byte === 13 || byte === 9);
  const text = printable ? JSON.stringify(Buffer.from(shown).toString('latin1')) : Buffer.from(shown).toString('hex');
  return bytes.length > BYTES_SHOWN ? `${text}… (${bytes.length} bytes)` : text;
}

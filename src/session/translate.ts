/**
 * Inputs as log records and back. The two name the same things; they are separate types because the log's must not
 * change when the machine's do.
 */

import type { Input } from '../emu/machine/events.ts';
import type { Tick } from '../lib/brands.ts';
import type { LogRecord } from '../logformat/records.ts';

/** Records that the replayer applies; the others it compares. */
export type InputRecord = Extract<LogRecord, { kind: Input['kind'] }>;

const INPUT_KINDS: ReadonlySet<string> = new Set<Input['kind']>([
  'clock',
  'console',
  'packet',
  'disk',
  'entropy',
  'control',
  'suspend',
  'resume',
  'share',
]);

export const isInput = (record: LogRecord): record is InputRecord => INPUT_KINDS.has(record.kind);

export const recordOf = (input: Input, tick: Tick): InputRecord => ({ ...input, tick });

export function inputOf(record: InputRecord): Input {
  const { tick: _, ...input } = record;
  return input;
}

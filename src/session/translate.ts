/**
 * Inputs as log records and back. The two name the same things; they are separate types because the log's must not
 * change when the machine's do.
 */

import type { Input } from '../emu/machine/events.ts';
import type { Tick } from '../lib/brands.ts';
import { FormatError } from '../logformat/errors.ts';
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
]);

export const isInput = (record: LogRecord): record is InputRecord => INPUT_KINDS.has(record.kind);

export const recordOf = (input: Input, tick: Tick): InputRecord => ({ ...input, tick });

/** FormatError for an action that this machine does not have. */
export function inputOf(record: InputRecord): Input {
  const { tick: _, ...input } = record;
  if (input.kind !== 'control') return input;
  if (input.action !== 'powerOff' && input.action !== 'reset')
    throw new FormatError(`the machine has no action ${input.action}`);
  return { kind: 'control', action: input.action };
}

/** The syntax of how much of a recording is kept: a time or a size. */

import type { Kept } from '../host/record-options.ts';
import { UserError } from '../lib/errors.ts';
import { parseSize } from './specs.ts';

const SECONDS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600 };
/** Of less than that, more would be checkpoints than recording. */
const BYTES_MIN = 64 * 1024;

/** `90s`, `10min`, `2h`, or a size with its unit: `64M`. UserError for anything else. */
export function parseKept(flag: string, text: string): Kept {
  const [, count, unit = ''] = /^(\d{1,6})(s|min|h)$/.exec(text) ?? [];
  const seconds = Number(count) * (SECONDS[unit] ?? Number.NaN);
  if (seconds > 0) return { by: 'time', ns: BigInt(seconds) * 1_000_000_000n };
  // In capitals: 10m might be minutes.
  if (/^\d+[KMG]/.test(text)) {
    const bytes = parseSize(flag, text);
    if (bytes >= BYTES_MIN) return { by: 'bytes', bytes };
  }
  const remedy = 'give a time such as 90s, 10min or 2h, or a size of 64K or more such as 64M';
  throw new UserError('bad-value', `${flag} ${text} is not understood`, remedy);
}

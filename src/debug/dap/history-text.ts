/** Where the recording ends, and what it stopped at, for its user. */

import type { DebugTarget } from '../gdb/target.ts';
import type { Stop } from '../timeline/stops.ts';

/** Undefined between its ends. */
export function historyText({ now, start, end }: Pick<DebugTarget, 'now' | 'start' | 'end'>): string | undefined {
  if (now <= start) return 'the recording begins here';
  return now >= end ? 'the recording ends here' : undefined;
}

export const eventText = ({ event, detail }: Stop & { kind: 'event' }): string =>
  detail === '' ? event : `${event}: ${detail}`;

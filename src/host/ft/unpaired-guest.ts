/** A guest that runs in no pair, as whoever makes it the primary of one has to know it. */

import type { GuestPlan } from '../guest-plan.ts';
import type { LiveGuest } from '../live/live-guest.ts';
import type { HostPort } from '../ports/port.ts';
import type { LiveOptions, LiveUi } from '../record-options.ts';
import type { RecordedFile } from '../recorded-file.ts';

/** A guest that runs, with all that it has on this host. */
export interface UnpairedGuest {
  readonly options: LiveOptions;
  readonly plan: Pick<GuestPlan, 'config' | 'drives'>;
  readonly ports: readonly HostPort[];
  /** Where it is recorded, if it is. */
  readonly file: RecordedFile | undefined;
  readonly live: LiveGuest;
  readonly ui: LiveUi;
}

/** What it is called. */
export interface GuestName {
  readonly name: string;
  /** The operator has said so; else it is one that comes by itself. */
  readonly isGiven: boolean;
  /** Of its node in a pair, however often it is tried: an epoch that it has claimed in vain is its own. */
  readonly who: string;
}

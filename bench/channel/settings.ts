/** The pair of the bench of the channel. */

import { PAIR_DEFAULTS, type PairSettings } from '../../src/ft/protocol/settings.ts';

export const benchSettings = (who: string): PairSettings => ({
  ...PAIR_DEFAULTS,
  pair: 'bench',
  epoch: 1,
  who,
  host: 'here',
  sameHost: true,
  detectMs: 60_000,
  reconnectMs: 60_000,
});

/** A node's part in a cluster, as the node sees it: whose hosts have places for the backups of its guest. */

import type { Places } from './places.ts';

export interface Membership {
  /** Undefined: it is in no cluster. */
  readonly places: Places | undefined;
  /** Takes part in this registry's cluster from now on. UserError when it is not there, or it is in one already. */
  join(registry: string): Promise<Places>;
}

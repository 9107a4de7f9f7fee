/** What is said to a guest that runs in no pair, over its control socket, and what it answers. */

import type { PlainUserError } from '../live/job.ts';
import type { Tuning } from './pair-options.ts';

/** What the operator says of the pair: plain data. Paths and places are as any process has them. */
export interface PairWords {
  /** Name of the pair; the guest's when left out. */
  readonly name?: string;
  readonly arbiter: string;
  /** File of the key. */
  readonly key?: string;
  readonly tuning: Tuning;
  /** Where its first backup listens; or the registry of the cluster that it joins. */
  readonly backup?: string;
  readonly registry?: string;
}

export type JoinAnswer = { readonly pair: string } | { readonly error: PlainUserError };

/** The order on the socket, before the words. */
export const JOIN_WORD = 'be-primary';

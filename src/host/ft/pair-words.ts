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

/** Undefined: they are no words of this version. */
export function decodeWords(text: string): PairWords | undefined {
  try {
    const { name, arbiter, key, tuning, backup, registry } = JSON.parse(text) as Record<string, unknown>;
    const isText = (value: unknown): boolean => typeof value === 'string';
    const areTexts = [name, key, backup, registry].every((value) => value === undefined || isText(value));
    if (!isText(arbiter) || !areTexts || typeof tuning !== 'object' || tuning === null) return undefined;
    return { name, arbiter, key, tuning, backup, registry } as PairWords;
  } catch {
    return undefined;
  }
}

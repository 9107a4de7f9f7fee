/**
 * What the operator has set at a machine. No instruction sees it, but it is state like other state, in snapshots and
 * digests: whoever goes on with the guest, from a log or from a snapshot, goes on with it as the operator wants it.
 *
 * Invariant: as at power on it is in no snapshot and counts in no digest.
 */

import type { Plain } from '../devices/device.ts';
import type { Input } from './events.ts';

export interface Operator {
  /** The guest stands still: no step is made, and no timer comes due. */
  readonly suspended: boolean;
  /** Of a processor, 1 to 100. Whoever runs the machine keeps to it; the machine itself knows no host time. */
  readonly sharePercent: number;
}

export const UNTOUCHED: Operator = { suspended: false, sharePercent: 100 };

type Word = Extract<Input, { readonly kind: 'suspend' | 'resume' | 'share' }>;

/** What is set after this word. */
export function withWord(operator: Operator, word: Word): Operator {
  if (word.kind !== 'share') return { ...operator, suspended: word.kind === 'suspend' };
  const { percent } = word;
  if (!isShare(percent)) throw new RangeError(`a share of ${percent} %`);
  return { ...operator, sharePercent: percent };
}

/** As a part of a snapshot; nothing for what is untouched. */
export function saveOperator({ suspended, sharePercent }: Operator): { readonly operator?: Plain } {
  return suspended || sharePercent !== 100 ? { operator: { suspended, sharePercent } } : {};
}

/** TypeError when a snapshot has something else there. */
export function restoredOperator(state: Plain | undefined): Operator {
  if (state === undefined) return UNTOUCHED;
  const { suspended, sharePercent } = state as { readonly [field: string]: Plain };
  if (typeof suspended !== 'boolean' || typeof sharePercent !== 'number' || !isShare(sharePercent))
    throw new TypeError('snapshot: operator');
  return { suspended, sharePercent };
}

const isShare = (percent: number): boolean => Number.isInteger(percent) && percent >= 1 && percent <= 100;

/** What the process of `ft pair` and its two sides say to each other. Plain data, by structured clone. */

import type { PairStatus } from '../../ft/protocol/status.ts';
import type { PlainUserError } from '../live/job.ts';
import type { Endpoint } from './endpoint.ts';
import type { BackupOptions, PairOutcome, PrimaryOptions } from './pair-options.ts';

/** To a side. */
export type ToSide =
  | { readonly kind: 'primary'; readonly options: PrimaryOptions }
  | { readonly kind: 'backup'; readonly options: BackupOptions }
  /** Typed at the terminal. */
  | { readonly kind: 'typed'; readonly bytes: Uint8Array }
  /** The operator ends the guest where it stands. `quit`: at the terminal, which is no failure. */
  | { readonly kind: 'stop'; readonly quit: boolean };

/** An outcome as it goes between processes. */
export type PlainOutcome = Omit<PairOutcome, 'error'> & { readonly error?: PlainUserError };

/** From a side. */
export type FromSide =
  /** `unit`: bytes that have left the console up to and including these, counted from reset. */
  | { readonly kind: 'said'; readonly device: string; readonly unit: bigint; readonly bytes: Uint8Array }
  | { readonly kind: 'notice'; readonly text: string }
  | { readonly kind: 'changed'; readonly status: PairStatus }
  | { readonly kind: 'listening'; readonly endpoint: Endpoint }
  | { readonly kind: 'outcome'; readonly outcome: PlainOutcome }
  /** It could not begin. */
  | { readonly kind: 'refused'; readonly error: PlainUserError };

/** What an agent and the process of a place say to each other, until the place listens. Plain data. */

import type { Endpoint } from '../ft/endpoint.ts';
import type { BackupOptions } from '../ft/pair-options.ts';

export interface ToPlace {
  readonly options: BackupOptions;
}

export type FromPlace =
  | { readonly kind: 'listening'; readonly endpoint: Endpoint }
  /** It could not begin. */
  | { readonly kind: 'refused'; readonly reason: string };

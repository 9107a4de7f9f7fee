/** What an operator can say about a pair, already parsed, and what a node tells while it runs. */

import type { MethodSettings } from '../../ft/guest/method.ts';
import { PAIR_DEFAULTS, type PairSettings } from '../../ft/protocol/settings.ts';
import type { PairStatus } from '../../ft/protocol/status.ts';
import type { Outcome } from '../outcome.ts';
import type { LiveUi, RecordOptions } from '../record-options.ts';
import type { Endpoint } from './endpoint.ts';
import { hostName, nodeName } from './identity.ts';
import type { PairKey } from './key.ts';
import type { Given } from './surroundings.ts';

export type Tuning = Partial<Pick<PairSettings, Tuned>>;
type Tuned = 'sameHost' | 'detectMs' | 'heartbeatMs' | 'reconnectMs' | 'linkLostMs' | 'switchEveryMs' | Buffers;
type Buffers = 'sendBufferBytes' | 'receiveBufferBytes';

export interface ClusterOptions {
  /** Of the cluster whose hosts take new backups, as `openRegistry` takes it; left out: in none until it is told. */
  readonly registry?: string;
  /** Of this lockstep. */
  readonly version: string;
}

export interface PairOptions {
  /** Name of the pair. */
  readonly name: string;
  /** As arbiterOf takes it. */
  readonly arbiter: string;
  readonly key?: PairKey;
  readonly tuning: Tuning;
  /** What it needs to be in a cluster; left out: it can be in none. */
  readonly cluster?: ClusterOptions;
}

export interface PrimaryOptions extends PairOptions {
  readonly guest: RecordOptions;
  /** Left out: the guest begins alone. */
  readonly backup?: Endpoint;
  /** How the backup is kept in step; METHOD_DEFAULTS when left out. */
  readonly method?: MethodSettings;
  /** The operator says that the guest that was in the pair before runs nowhere any more. */
  readonly again?: boolean;
  /** Where others may be: tried in turn when a backup is lost. */
  readonly spares?: readonly Endpoint[];
  /** Where this process waits as a backup when it has handed the guest over; left out: it ends. */
  readonly stay?: Endpoint;
}

export interface BackupOptions extends PairOptions {
  readonly listen: Endpoint;
  /** What of the surroundings is given here. */
  readonly given: Given;
  /** The own log; a new name in the default folder when left out. */
  readonly output?: string;
  /** When the guest has been moved away, or goes on with another backup, it waits again; otherwise it ends. */
  readonly stay?: boolean;
  /** Flip a bit of the guest's state at this tick of the replay: a test aid. */
  readonly injectFaultTick?: bigint;
  /** It is for one guest: it ends when nobody has come for so long, or when who has come does without it. */
  readonly patienceMs?: number;
}

/** What a node tells besides its console; what `stop` does is the departure's (departure.ts). */
export interface NodeUi extends Omit<LiveUi, 'progress' | 'live'> {
  /** At a backup: where it listens. */
  listening?(endpoint: Endpoint): void;
}

export interface PairOutcome extends Outcome {
  readonly pair: PairStatus | undefined;
  /** The node where the guest lives now, as it was planned: it was handed over, or this side was let go. */
  readonly handedOver?: string;
}

export function settingsOf(options: PairOptions, epoch: number): PairSettings {
  return { ...PAIR_DEFAULTS, ...options.tuning, pair: options.name, epoch, who: nodeName(), host: hostName() };
}

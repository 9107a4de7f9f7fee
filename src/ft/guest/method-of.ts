/** The methods, put together from their parts: what each is, method.ts says. */

import type { InputSource } from '../../session/source.ts';
import { type CheckpointParts, Checkpoints } from './checkpoints.ts';
import { EpochSource } from './epoch-source.ts';
import type { RecordedLog } from './forked-log.ts';
import type { Method, MethodSettings } from './method.ts';
import { PROGRESS_INTERVAL_NS, ProgressSource } from './progress-source.ts';

export interface MethodParts extends Pick<CheckpointParts, 'live' | 'pass' | 'nowNs'> {
  /** The recorder's; what is flushed to it goes to the backup, but for checkpoints. */
  readonly log: RecordedLog;
  /** Blocks until everything handed over is acknowledged, or nobody acknowledges any more. */
  readonly standStill: () => void;
  readonly state: Pick<CheckpointParts, 'transfer' | 'begun' | 'complete' | 'caughtUp'>;
}

const NS_PER_S = 1_000_000_000;

export function methodOf(settings: MethodSettings, { live, log, pass, nowNs, standStill, state }: MethodParts): Method {
  const covered = { flush: () => log.flush(), pass, passed: () => {} };
  const progress = (): InputSource =>
    new ProgressSource({ source: live, log, nowNs, intervalNs: PROGRESS_INTERVAL_NS });
  switch (settings.name) {
    case 'log':
      return { ...covered, source: progress() };
    case 'stop':
      return { ...covered, passed: standStill, source: progress() };
    case 'epochs':
      return { ...covered, source: new EpochSource({ source: live, log, epochTicks: settings.epochTicks }) };
    case 'checkpoints': {
      const intervalNs = BigInt(Math.round(NS_PER_S / settings.checkpointsPerSecond));
      return new Checkpoints({ live, pass, nowNs, intervalNs, ...state });
    }
  }
}

/** What a pair is told about itself. Times in milliseconds, sizes in bytes. */

/** Between two attempts of the primary: to find a backup; to get one back. */
export const DIAL_EVERY_MS = { seeking: 100, protected: 20 } as const;

export interface PairSettings {
  readonly pair: string;
  /** The epoch that this side begins in: the pair's present one. Going live claims the next. */
  readonly epoch: number;
  /** Name of this node, unique for ever: a node that is started again has another. */
  readonly who: string;
  /** Name of the physical host. */
  readonly host: string;
  /** Both sides on one host are refused, unless it is for a trial. */
  readonly sameHost: boolean;
  /** Silence of the channel or of the heartbeats for this long is a failure of the other side. */
  readonly detectMs: number;
  /** A channel that was closed must be back within this time. */
  readonly reconnectMs: number;
  readonly heartbeatMs: number;
  /** A claim whose result is unknown is repeated after this time. */
  readonly claimRetryMs: number;
  /** Frames that the primary keeps because they are not acknowledged; more stops the guest. */
  readonly sendBufferBytes: number;
  /** Frames that the backup keeps because they are not executed; more are not read from the channel. */
  readonly receiveBufferBytes: number;
  /** The primary is slowed down when the backup's lag is above `high`, and let go again below `low`. */
  readonly lagMs: { readonly high: number; readonly low: number };
  /** A network card of the primary's that has been without its peer for this long is lost. */
  readonly linkLostMs: number;
  /** A primary makes no planned switch by itself sooner than this after its backup has begun to follow. */
  readonly switchEveryMs: number;
}

export const PAIR_DEFAULTS: Omit<PairSettings, 'pair' | 'epoch' | 'who' | 'host'> = {
  sameHost: false,
  detectMs: 500,
  reconnectMs: 100,
  heartbeatMs: 100,
  claimRetryMs: 200,
  sendBufferBytes: 32 << 20,
  receiveBufferBytes: 32 << 20,
  lagMs: { high: 1000, low: 100 },
  linkLostMs: 1000,
  switchEveryMs: 30_000,
};

/** What is wrong with settings, in words for the operator; or nothing. */
export function settingsFault(settings: PairSettings): string | undefined {
  const { epoch, detectMs, reconnectMs, heartbeatMs, claimRetryMs, sendBufferBytes, receiveBufferBytes } = settings;
  if (!Number.isSafeInteger(epoch) || epoch < 1) return `epoch ${epoch} is not 1 or more`;
  const { linkLostMs, switchEveryMs } = settings;
  const times = { detectMs, reconnectMs, heartbeatMs, claimRetryMs, linkLostMs, switchEveryMs };
  const sizes = { ...times, sendBufferBytes, receiveBufferBytes };
  for (const [name, size] of Object.entries(sizes)) if (!(size > 0)) return `${name} is ${size}, not above 0`;
  if (detectMs <= 2 * heartbeatMs) return `detectMs ${detectMs} is not more than two heartbeats of ${heartbeatMs}`;
  if (reconnectMs <= 2 * DIAL_EVERY_MS.protected)
    return `reconnectMs ${reconnectMs} leaves no time to dial twice: give more than ${2 * DIAL_EVERY_MS.protected}`;
  if (settings.lagMs.low > settings.lagMs.high) return `lagMs.low ${settings.lagMs.low} is above lagMs.high`;
  return undefined;
}

/** For the cores: settings that the host should have refused. */
export function assertSettings(settings: PairSettings): void {
  const fault = settingsFault(settings);
  if (fault !== undefined) throw new RangeError(fault);
}

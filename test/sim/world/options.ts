/**
 * What is drawn from the seed before anything happens: the pair's settings, how fast everything is, what the guest and
 * its clients do. Times of the pair are a tenth of what they are in earnest, so that a world is short.
 */

import type { PairSettings } from '../../../src/ft/protocol/settings.ts';
import type { ServerOptions } from '../guest/server.ts';
import { Random } from './random.ts';

/** Of the primary's guest: steps in a microsecond. */
const TICKS_PER_US = 60;

/** Of the worlds in which new backups are made. */
const OWN_SHARE = 0.3;
/** Of the worlds in which new backups are made and the disk is shared. */
const CLUSTER_SHARE = 0.4;
/** Of those whose arbiter is on a host of its own. */
const MAJORITY_SHARE = 0.5;

export interface WorldOptions {
  readonly seed: number;
  readonly settings: Omit<PairSettings, 'who' | 'host'>;
  readonly server: ServerOptions;
  /** Steps in a microsecond. */
  readonly ticksPerUs: number;
  /** Of the backup's guest, beside the primary's. */
  readonly backupSpeed: number;
  readonly sliceNs: bigint;
  readonly clients: number;
  readonly thinkUs: number;
  readonly retryUs: number;
  readonly claimTimeoutUs: number;
  readonly diskUs: number;
  readonly arbiterHost: 'S' | 'R';
  /** The arbiter is a majority of both hosts and the arbiter's. */
  readonly majority: boolean;
  readonly drift: { readonly A: number; readonly B: number };
  /** Faults strike and clients ask until here; then everything is mended. Microseconds. */
  readonly troubleUs: number;
  /** Whoever is alone makes itself a new backup, on the other host. */
  readonly clones: boolean;
  /** The history is kept, and replayed in the end. */
  readonly keeps: boolean;
  /** Planned switches are ordered, this many. */
  readonly switches: number;
  /** And then there is so much time to come to rest. */
  readonly restUs: number;
  /** Backups read the disk themselves: what was read is not on the channel. */
  readonly reads: boolean;
  /** New backups are made on hosts of a cluster, of which there are three or four. */
  readonly cluster: boolean;
  /** Each side has an image of its own. */
  readonly own: boolean;
  /** How the guest is ended before the mending: by its own word, by the operator, or not. */
  readonly ending: 'none' | 'guest' | 'operator';
}

export function drawOptions(seed: number): WorldOptions {
  const random = new Random(seed, 'options');
  const small = random.chance(0.12);
  // Buffers fill while nobody has given up yet.
  const detectMs = small ? 80 : random.pick([30, 50, 80]);
  const long = random.chance(0.02);
  const behind = long || random.chance(small ? 0.3 : 0.1);
  const clones = !behind && random.chance(0.3);
  const usual = random.pick([50_000, 80_000, 80_000, 150_000, 600_000]);
  const outruns = clones && random.chance(0.15);
  const period = outruns ? 10_000 : usual;
  const capacity = (period / 10) * TICKS_PER_US;
  // From a stream of its own: other worlds are what they were before there were images.
  const images = new Random(seed, 'images');
  const drawn: WorldOptions = {
    seed,
    settings: {
      pair: 'p',
      epoch: 1,
      sameHost: false,
      detectMs,
      reconnectMs: random.pick([45, 60]),
      heartbeatMs: detectMs / 5,
      claimRetryMs: random.pick([5, 20]),
      sendBufferBytes: small ? 2_000 : 64_000,
      receiveBufferBytes: small ? 2_000 : 64_000,
      lagMs: { high: 30, low: 8 },
      linkLostMs: detectMs,
      switchEveryMs: 3 * detectMs,
    },
    server: {
      period,
      burden: behind || random.chance(0.2) ? Math.round(random.fraction() * (behind ? 1.5 : 0.9) * capacity) : 0,
      races: small ? 4 : random.below(4),
      changes: outruns ? 16 : random.pick([0, 1, 3, 8]),
      effort: random.pick([500, 5_000, 30_000]),
    },
    ticksPerUs: TICKS_PER_US,
    backupSpeed: behind ? random.between(0.3, 0.9) : 1,
    sliceNs: random.pick([1_000_000n, 2_000_000n]),
    clients: 1 + (small ? 2 : random.below(3)),
    thinkUs: small ? 1_000 : random.pick([2_000, 5_000, 15_000]),
    retryUs: random.pick([8_000, 20_000]),
    claimTimeoutUs: random.pick([5_000, 15_000]),
    diskUs: random.pick([100, 400, 2_000]),
    arbiterHost: random.chance(0.25) ? 'R' : 'S',
    drift: { A: random.between(0.999, 1.001), B: random.between(0.999, 1.001) },
    troubleUs: long ? 1_200_000 : random.between(60_000, clones ? 300_000 : 180_000),
    clones,
    keeps: true,
    switches: random.chance(0.25) ? 1 + random.below(3) : 0,
    // A backup that holds part of a copy forgets it after ten times of detection.
    restUs: 500_000 + (clones ? 14_000 * detectMs : 0),
    ending: random.chance(0.15) ? random.pick(['guest', 'operator']) : 'none',
    // Without what was read small buffers hardly fill.
    reads: random.chance(small ? 0.1 : 0.4),
    own: false,
    majority: false,
    cluster: false,
  };
  const isMajority = drawn.arbiterHost === 'R' && new Random(seed, 'majority').chance(MAJORITY_SHARE);
  const whole = withImages({ ...drawn, majority: isMajority }, images);
  const isClustered = whole.clones && !whole.own && new Random(seed, 'clusters').chance(CLUSTER_SHARE);
  return { ...whole, cluster: isClustered };
}

function withImages(drawn: WorldOptions, images: Random): WorldOptions {
  return drawn.clones && images.chance(OWN_SHARE) ? { ...drawn, own: true, reads: false } : drawn;
}

/** So many hours of mixed load in peace, with the pair's times as they are in earnest. */
export function hourOptions(seed: number, hours: number): WorldOptions {
  const drawn = drawOptions(seed);
  const times = {
    detectMs: 500,
    reconnectMs: 100,
    heartbeatMs: 100,
    claimRetryMs: 200,
    lagMs: { high: 1000, low: 100 },
  };
  return {
    ...drawn,
    settings: { ...drawn.settings, ...times, sendBufferBytes: 64_000, receiveBufferBytes: 64_000 },
    server: { period: 5_000_000, burden: 600_000, races: 3, changes: 3, effort: 30_000 },
    backupSpeed: 1,
    clients: 3,
    thinkUs: 1_000_000,
    retryUs: 200_000,
    clones: false,
    keeps: false,
    own: false,
    cluster: false,
    switches: 0,
    ending: 'none',
    troubleUs: hours * 3.6e9,
  };
}

/** The faults of a world, from its seed: often none or one, sometimes one during the recovery from another. */

import type { WorldOptions } from '../world/options.ts';
import { Random } from '../world/random.ts';
import type { Fault, FaultKind } from './fault.ts';
import { CLONING, KILL_POINTS, type KillPoint, MIRRORING, READING, SWITCHING } from './kill-points.ts';

const AT_POINTS: readonly FaultKind[] = [
  'kill',
  'kill',
  'crash',
  'stop',
  'stop',
  'stall',
  'cut',
  'reset',
  'isolate',
  'restart',
  'full',
];
const AT_TIMES: readonly FaultKind[] = [
  'kill',
  'crash',
  'stop',
  'stall',
  'slow',
  'cut',
  'cut',
  'cut one way',
  'isolate',
  'reset',
  'lossy',
  'late',
  'thin',
  'corrupt',
  'freeze',
  'restart',
  'disk errors',
  'slow disk',
  'full',
  'drift',
  'drift',
  'leap',
  'full log',
  'late claims',
  'lost claim replies',
];
const STORAGE: ReadonlySet<FaultKind> = new Set([
  'freeze',
  'restart',
  'disk errors',
  'slow disk',
  'full',
  'late claims',
  'lost claim replies',
]);
const LINKS: readonly (readonly ['A' | 'B', 'B' | 'S' | 'C'])[] = [
  ['A', 'B'],
  ['A', 'B'],
  ['A', 'S'],
  ['B', 'S'],
  ['A', 'C'],
  ['B', 'C'],
];

/** Datagrams go between the sides alone. */
const FILTERED = LINKS.filter(([, two]) => two === 'B').concat(LINKS);

/** What makes the other side take over; and the steps of taking over. */
const TAKEOVERS: readonly FaultKind[] = ['kill', 'kill', 'crash', 'stop', 'isolate', 'cut'];
const RECOVERY = KILL_POINTS.filter(({ name }) => /^(detection: s|test-and-set|go-live|alone)/.test(name));

/** Buffers fill in some worlds alone. */
const FULL_BYTES = 10_000;
const FULL = KILL_POINTS.filter(({ name }) => name.startsWith('buffer'));

export function drawFaults(options: WorldOptions): Fault[] {
  const usual = options.own ? [...drawUsual(options), ...whileMirrored(options)] : drawUsual(options);
  return lateInSwitchBack(options) ?? [...usual, ...ofTheNetwork(options)];
}

/**
 * What hardly ever comes together: the second side has survived, has a backup again and hands its guest over, which is
 * called off late, as the backup is lost, and then something else goes wrong. In few worlds, from a stream of its own.
 */
function lateInSwitchBack(options: WorldOptions): Fault[] | undefined {
  if (!options.clones || options.switches === 0) return undefined;
  const random = new Random(options.seed, 'faults late in a switch back');
  if (!random.chance(0.02)) return undefined;
  const lost = (at: Fault['at']): Fault => ({ kind: 'kill', target: 'A', at, ...extent(random, options) });
  const kind = random.pick(AT_POINTS);
  const target = random.pick(['A', 'B', 'B'] as const);
  const last: Fault = {
    kind,
    target,
    ...toOf(kind, target, random, options),
    at: { probe: 'B.after.resume', skip: 0 },
    ...extent(random, options),
  };
  return [lost(Math.round(random.between(3_000, 10_000))), lost({ probe: 'B.after.quiesce', skip: 0 }), last];
}

/** What filters and operators do to a network, from a stream of its own; at times while another fault lasts. */
function ofTheNetwork(options: WorldOptions): Fault[] {
  const random = new Random(options.seed, 'faults of the network');
  if (!random.chance(0.08)) return [];
  const kind = random.pick(['cut datagrams', 'cut connections', 'truncate', 'swizzle'] as const);
  const [target, to] = kind === 'swizzle' ? (['S', undefined] as const) : random.pick(FILTERED);
  const at = Math.round(random.between(1_000, options.troubleUs));
  return [{ kind, target, ...(to === undefined ? {} : { to }), at, ...extent(random, options) }];
}

function drawUsual(options: WorldOptions): Fault[] {
  const random = new Random(options.seed, 'faults');
  if (options.clones && random.chance(0.75)) return overGenerations(random, options);
  if (options.switches > 0 && random.chance(0.6)) return duringSwitch(random, options);
  if (options.reads && random.chance(0.3)) return duringReads(random, options);
  if (options.settings.sendBufferBytes < FULL_BYTES && random.chance(0.2)) return [atPoint(random, options, FULL)];
  if (random.chance(0.3)) return duringRecovery(random, options);
  const count = random.pick([0, 1, 1, 1, 2, 2, 2, 3, 4]);
  const faults: Fault[] = [];
  for (let i = 0; i < count; i++) faults.push(random.chance(0.6) ? atPoint(random, options) : atTime(random, options));
  return faults;
}

/** A takeover, and something else while it is made. */
function duringRecovery(random: Random, options: WorldOptions): Fault[] {
  const kind = random.pick(TAKEOVERS);
  const target = random.chance(0.65) ? 'A' : 'B';
  const { detectMs } = options.settings;
  const first: Fault = {
    kind,
    target,
    ...(kind === 'cut' ? { to: other(target) } : {}),
    at: Math.round(random.between(3_000, options.troubleUs - detectMs * 1_000)),
    us: Math.round(random.between(1, 4) * detectMs * 1_000),
    degree: random.fraction(),
  };
  const second = atPoint(random, options, RECOVERY);
  return random.chance(0.3) ? [first, second, atTime(random, options)] : [first, second];
}

/** A planned switch, and something that goes wrong with it. */
function duringSwitch(random: Random, options: WorldOptions): Fault[] {
  const faults = [atPoint(random, options, SWITCHING)];
  if (random.chance(0.3)) faults.push(atPoint(random, options, [...SWITCHING, ...RECOVERY]));
  if (random.chance(0.3)) faults.push(atTime(random, options));
  return faults;
}

/** The disk fails, is slow or out of reach while the backup reads it, which often has to take over then. */
function duringReads(random: Random, options: WorldOptions): Fault[] {
  const at = Math.round(random.between(3_000, 0.7 * options.troubleUs));
  const kind = random.pick(['disk errors', 'slow disk', 'freeze', 'cut'] as const);
  const us = Math.round(random.between(5_000, options.troubleUs - at));
  const where = kind === 'cut' ? ({ target: 'B', to: 'S' } as const) : ({ target: 'S' } as const);
  const faults: Fault[] = [{ kind, ...where, at, us, degree: random.fraction() }];
  if (random.chance(0.6)) {
    const then = Math.round(at + random.between(0, 20_000));
    faults.push({ kind: random.pick(['kill', 'crash', 'isolate']), target: 'A', at: then, ...extent(random, options) });
  }
  if (random.chance(0.7)) faults.push(atPoint(random, options, READING));
  return faults;
}

/** Something goes wrong while an image is made equal, from a stream of its own. */
function whileMirrored(options: WorldOptions): Fault[] {
  const random = new Random(options.seed, 'faults of images');
  return random.chance(0.7) ? [atPoint(random, options, MIRRORING)] : [];
}

/** One side after the other is lost, and something goes wrong while the next backup is made. */
function overGenerations(random: Random, options: WorldOptions): Fault[] {
  const faults: Fault[] = [];
  for (let at = random.between(3_000, 40_000); at < options.troubleUs; at += random.between(40_000, 140_000)) {
    const kind = random.pick(TAKEOVERS);
    const target = random.pick(['A', 'B'] as const);
    const us = Math.round(random.between(0.2, 4) * options.settings.detectMs * 1_000);
    const to = kind === 'cut' ? { to: other(target) } : {};
    faults.push({ kind, target, ...to, at: Math.round(at), us, degree: random.fraction() });
  }
  for (let count = random.below(3); count > 0; count--) {
    const { node, probe } = random.pick(CLONING);
    const kind = random.pick(AT_POINTS);
    const target = random.chance(0.8) ? node : other(node);
    const skip = random.pick([0, 0, 1, 2, 6, 15]);
    faults.push({
      kind,
      target,
      ...toOf(kind, target, random, options),
      at: { probe, skip },
      ...extent(random, options),
    });
  }
  if (random.chance(0.3)) faults.push(atTime(random, options));
  return faults;
}

function atPoint(random: Random, options: WorldOptions, points: readonly KillPoint[] = KILL_POINTS): Fault {
  const { node, probe } = random.pick(points);
  const often = /frame|ack|output|release|disk|input|half/.test(probe);
  const skip = often ? random.below(random.pick([3, 40, 150])) : random.pick([0, 0, 0, 1, 2]);
  const kind = random.pick(AT_POINTS);
  const target = random.chance(0.85) ? node : other(node);
  return { kind, target, ...toOf(kind, target, random, options), at: { probe, skip }, ...extent(random, options) };
}

function atTime(random: Random, options: WorldOptions): Fault {
  const kind = random.pick(AT_TIMES);
  const at = Math.round(random.between(1_000, options.troubleUs));
  if (kind === 'cut' || kind === 'cut one way' || kind === 'lossy' || kind === 'late' || kind === 'corrupt') {
    const [one, two] = random.pick(LINKS);
    const turned = random.chance(0.5);
    const end = options.arbiterHost === 'R' && two === 'S' && random.chance(0.5) ? 'R' : two;
    const pair: Pick<Fault, 'target' | 'to'> =
      turned && end !== 'C' ? { target: end, to: one } : { target: one, to: end };
    return { kind, ...pair, at, ...extent(random, options) };
  }
  const storage = STORAGE.has(kind);
  const target = storage ? 'S' : random.pick(['A', 'B'] as const);
  return { kind, target, ...toOf(kind, target, random, options), at, ...extent(random, options) };
}

function toOf(
  kind: FaultKind,
  target: Fault['target'],
  random: Random,
  options: WorldOptions,
): { to?: 'A' | 'B' | 'S' | 'R' } {
  if (kind === 'thin') return { to: target === 'A' ? 'B' : 'A' };
  if (kind !== 'cut') return {};
  if (target !== 'A' && target !== 'B') return { to: 'A' };
  return { to: random.chance(0.7) ? other(target) : options.arbiterHost };
}

function extent(random: Random, { settings }: WorldOptions): { us: number; degree: number } {
  const detectUs = settings.detectMs * 1000;
  const us = random.pick([random.between(500, detectUs / 2), random.between(detectUs / 2, detectUs * 4)]);
  return { us: Math.round(us), degree: random.fraction() };
}

const other = (node: 'A' | 'B'): 'A' | 'B' => (node === 'A' ? 'B' : 'A');

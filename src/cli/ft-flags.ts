/** The flags of a pair, shared by the commands that start its sides. */

import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import {
  DISK_READS,
  type DiskReads,
  METHOD_DEFAULTS,
  METHODS,
  type MethodName,
  type MethodSettings,
} from '../ft/guest/method.ts';
import { portableArbiter } from '../host/ft/arbiters/arbiter-of.ts';
import { type PairKey, readKey } from '../host/ft/key.ts';
import type { PairOptions, Tuning } from '../host/ft/pair-options.ts';
import type { PairWords } from '../host/ft/pair-words.ts';
import { UserError } from '../lib/errors.ts';
import { requireName } from './guest-name.ts';
import { say } from './live.ts';
import { parseSize, parseTick } from './specs.ts';

export const tuningFlags = {
  detect: Flags.integer({
    summary: 'silence for this long is a failure of the other side [default: 500]',
    helpGroup: 'PAIR',
    helpValue: 'MS',
  }),
  'send-buffer': Flags.string({
    summary: 'log that the primary keeps unacknowledged; more stops the guest [default: 32M]',
    helpGroup: 'PAIR',
    helpValue: 'SIZE',
  }),
  'receive-buffer': Flags.string({
    summary: 'log that the backup keeps unexecuted; more is not read [default: 32M]',
    helpGroup: 'PAIR',
    helpValue: 'SIZE',
  }),
};

const RATE = { min: 1, max: 1000 };

export const methodFlags = {
  method: Flags.option({
    options: METHODS,
    default: METHOD_DEFAULTS.name,
    summary:
      'how the backup is kept in step: log; or, to compare with what others do, checkpoints (Remus: changed memory ' +
      'and state, no recording at the backup), epochs or stop (Bressoud and Schneider)',
    helpGroup: 'PAIR',
  })(),
  epoch: Flags.string({
    summary: 'with --method epochs: length of an epoch [default: 4000000]',
    helpGroup: 'PAIR',
    helpValue: 'TICKS',
  }),
  checkpoints: Flags.integer({
    summary: 'with --method checkpoints: how many a second [default: 25]',
    helpGroup: 'PAIR',
    helpValue: 'N',
    min: RATE.min,
    max: RATE.max,
  }),
  'disk-reads': Flags.option({
    options: DISK_READS,
    default: METHOD_DEFAULTS.diskReads,
    summary:
      'where the backup has from what the guest reads of its disks: from the log; or it reads them itself, which the ' +
      'channel does not carry then',
    helpGroup: 'PAIR',
  })(),
};

/** What of the method flags was given, as oclif parses them. */
export interface MethodWords {
  readonly method: MethodName;
  readonly epoch?: string | undefined;
  readonly checkpoints?: number | undefined;
  readonly 'disk-reads'?: DiskReads | undefined;
}

/** Throws UserError. */
export function methodSettings(words: MethodWords): MethodSettings {
  const { method, epoch, checkpoints, 'disk-reads': diskReads = METHOD_DEFAULTS.diskReads } = words;
  if (diskReads === 'backup') refuseUnused('--disk-reads backup', diskReads, method === 'log', 'log');
  refuseUnused('--epoch', epoch, method === 'epochs', 'epochs');
  refuseUnused('--checkpoints', checkpoints, method === 'checkpoints', 'checkpoints');
  const epochTicks = epoch === undefined ? METHOD_DEFAULTS.epochTicks : parseTick('--epoch', epoch);
  if (epochTicks < MIN_EPOCH_TICKS) {
    throw new UserError('bad-value', `--epoch ${epoch} is too short`, `give ${MIN_EPOCH_TICKS} ticks or more`);
  }
  return {
    name: method,
    diskReads,
    epochTicks,
    checkpointsPerSecond: checkpoints ?? METHOD_DEFAULTS.checkpointsPerSecond,
  };
}

function refuseUnused(flag: string, given: unknown, isUsed: boolean, method: MethodName): void {
  if (given === undefined || isUsed) return;
  throw new UserError('bad-value', `${flag} means nothing to this method`, `give it with --method ${method}`);
}

/** Below, a machine does nothing but deliver. */
const MIN_EPOCH_TICKS = 1000n;

export const REGISTRY_SUMMARY =
  'the registry of the cluster: dir:DIR, a folder that every host reaches, or etcd:http://HOST:PORT[,HOST:PORT...]';

const arbiterWords = {
  summary: 'where it is decided who goes on alone: what both hosts reach, best the storage of the drives',
  description:
    'file:DIR is a folder that both hosts share, disk:HOST:PORT a lockstep disk serve, which is shown the key, ' +
    'majority:HOST:PORT,HOST:PORT,HOST:PORT hosts that each run a lockstep ft witness, ' +
    'etcd:http://HOST:PORT[,HOST:PORT...] an etcd, postgres://USER@HOST/DATABASE a PostgreSQL. ' +
    'Passwords belong in ETCDCTL_USER and PGPASSWORD: a command line can be read by others.',
  helpGroup: 'PAIR',
  helpValue: 'KIND:PLACE',
};

/** How the sides of a pair come together. */
const channelFlags = {
  key: Flags.string({
    summary: 'the key of the pair, as lockstep ft keygen makes it; needed unless the channel stays on this host',
    helpGroup: 'PAIR',
    helpValue: 'FILE',
  }),
  'same-host': Flags.boolean({
    summary: 'both sides on one host, for a trial: neither survives it',
    helpGroup: 'PAIR',
  }),
  ...tuningFlags,
};

/** Of a pair that a guest comes to be of while it runs. */
export const joinFlags = {
  as: Flags.string({
    summary: "of a guest in no pair: name of the pair [default: the guest's]",
    helpGroup: 'PAIR',
    helpValue: 'NAME',
  }),
  arbiter: Flags.string(arbiterWords),
  ...channelFlags,
};

export const sideFlags = {
  name: Flags.string({ summary: 'name of the pair', default: 'pair', helpGroup: 'PAIR', helpValue: 'NAME' }),
  arbiter: Flags.string({ ...arbiterWords, required: true }),
  registry: Flags.string({
    summary: "the cluster's registry: its hosts take new backups, without a hand; see: lockstep ft host",
    helpGroup: 'PAIR',
    helpValue: 'KIND:PLACE',
  }),
  ...channelFlags,
};

/** What of the tuning flags was given, as oclif parses them. */
export interface TuningWords {
  readonly detect?: number | undefined;
  readonly 'send-buffer'?: string | undefined;
  readonly 'receive-buffer'?: string | undefined;
  readonly 'same-host'?: boolean | undefined;
}

interface SideWords extends TuningWords {
  readonly name: string;
  readonly arbiter: string;
  readonly key?: string | undefined;
  readonly registry?: string | undefined;
}

interface JoinWords extends TuningWords {
  readonly as?: string | undefined;
  readonly arbiter?: string | undefined;
  readonly key?: string | undefined;
}

const DETECT_MS = { min: 50, max: 600_000 };
/** A failure is seen by the fifth heartbeat that is missing. */
const BEATS = 5;

/** `version`: of this lockstep. Throws UserError. */
export function pairOptions(words: SideWords, version: string): PairOptions {
  const key: { readonly key?: PairKey } = words.key === undefined ? {} : { key: readKey(words.key, say) };
  const { arbiter, registry } = words;
  const name = requireName('--name', words.name);
  const cluster = { version, ...(registry === undefined ? {} : { registry }) };
  return { name, arbiter, ...key, tuning: tuningOf(words), cluster };
}

/** Of the pair that `guest` is to be the primary of. Throws UserError. */
export function pairWords(guest: string, words: JoinWords): Omit<PairWords, 'backup' | 'registry'> {
  const { as: name, arbiter, key } = words;
  if (arbiter === undefined) {
    const what = `the guest ${guest} is in no pair, and there is no --arbiter`;
    throw new UserError('no-arbiter', what, 'say where it is decided who goes on alone: --arbiter KIND:PLACE');
  }
  return {
    arbiter: portableArbiter(arbiter),
    tuning: tuningOf(words),
    ...(name === undefined ? {} : { name: requireName('--as', name) }),
    ...(key === undefined ? {} : { key: resolve(key) }),
  };
}

/** Throws UserError. */
export function tuningOf(words: TuningWords): Tuning {
  const { detect } = words;
  if (detect !== undefined && (detect < DETECT_MS.min || detect > DETECT_MS.max)) {
    const remedy = `give ${DETECT_MS.min} to ${DETECT_MS.max} milliseconds`;
    throw new UserError('bad-value', `--detect ${detect} is out of range`, remedy);
  }
  const size = (flag: 'send-buffer' | 'receive-buffer'): number | undefined => {
    const text = words[flag];
    return text === undefined ? undefined : parseSize(`--${flag}`, text);
  };
  const [sendBufferBytes, receiveBufferBytes] = [size('send-buffer'), size('receive-buffer')];
  return {
    ...(words['same-host'] === true ? { sameHost: true } : {}),
    ...(detect === undefined ? {} : { detectMs: detect, heartbeatMs: Math.max(10, Math.floor(detect / BEATS)) }),
    ...(sendBufferBytes === undefined ? {} : { sendBufferBytes }),
    ...(receiveBufferBytes === undefined ? {} : { receiveBufferBytes }),
  };
}

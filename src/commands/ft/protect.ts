/** `lockstep ft protect`: a backup for a guest that runs and has none. */

import { Args, Flags } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { joinFlags, pairWords } from '../../cli/ft-flags.ts';
import { bytes, count } from '../../cli/text.ts';
import { portableRegistry } from '../../host/cluster/registry-of.ts';
import { endpointText, parseEndpoint } from '../../host/ft/endpoint.ts';
import {
  isUnpaired,
  joinCluster,
  namedGuest,
  pairUp,
  protectedAt,
  protectedInCluster,
  protectPair,
} from '../../host/ft/nodes.ts';
import type { CopyStatus } from '../../host/ft/shield.ts';
import { UserError } from '../../lib/errors.ts';

const WAYS = ['backup', 'registry'];

export default class FtProtect extends LockstepCommand {
  static override summary = 'Make a backup of a guest that runs on this host without one.';
  static override description =
    'Its memory is copied while it runs; it stands still only for the last of it. Used when a pair began alone, or ' +
    'has lost a side and knows no other place. A place that is named (--backup) is remembered and tried again by ' +
    'itself. With --registry the guest is in that cluster from now on: its backups are on the hosts there, and a new ' +
    'one is found whenever one is lost. A backup that it has already is not told, and knows nothing of the ' +
    'cluster.\n' +
    'A guest of `lockstep record` or `run` becomes the primary of a new pair, in the process where it runs, and is ' +
    'from then on as one of `ft primary`: for that --arbiter, --key and the other flags of a pair are given here. ' +
    'A pair has these already, and does not take others.';
  static override examples = [
    {
      description: 'Start the new backup on the other host first.',
      command: '<%= config.bin %> ft protect web --backup tcp:10.0.0.3:7100',
    },
    {
      description: 'A guest that began alone, in no cluster, joins one.',
      command: '<%= config.bin %> ft protect web --registry dir:/shared/cluster',
    },
    {
      description: 'A guest that is being recorded as boot-0001.lks.',
      command:
        '<%= config.bin %> ft protect boot-0001 --backup tcp:10.0.0.3:7100 --key pair.key ' +
        '--arbiter disk:10.0.0.9:10809',
    },
  ];
  static override args = {
    name: Args.string({ description: 'pair, or guest in no pair; the only one when left out', name: 'NAME' }),
  };
  static override flags = {
    backup: Flags.string({ summary: 'where it listens', helpValue: 'tcp:HOST:PORT', exactlyOne: WAYS }),
    registry: Flags.string({ summary: 'of the cluster that it joins', helpValue: 'KIND:PLACE', exactlyOne: WAYS }),
    ...joinFlags,
  };

  async run(): Promise<Partial<CopyStatus>> {
    const { args, flags, raw } = await this.parse(FtProtect);
    const backup = flags.registry === undefined ? parseEndpoint('--backup', flags.backup ?? '') : undefined;
    const registry = flags.registry === undefined ? undefined : portableRegistry(flags.registry);
    const found = await namedGuest(args.name);
    let copy: CopyStatus | undefined;
    if (isUnpaired(found)) {
      const place = backup === undefined ? {} : { backup: endpointText(backup) };
      const cluster = registry === undefined ? {} : { registry };
      const node = await pairUp(found, { ...pairWords(found.pair, flags), ...place, ...cluster });
      copy = backup === undefined ? await protectedInCluster(node) : await protectedAt(node, endpointText(backup));
    } else {
      const given = Object.keys(joinFlags).filter((name) =>
        raw.some((one) => one.type === 'flag' && one.flag === name),
      );
      if (given.length > 0) throw alreadyPaired(found.pair, given);
      copy = backup === undefined ? await joinCluster(found, registry ?? '') : await protectPair(found, backup);
    }
    this.logToStderr(copy === undefined ? 'lockstep: it has a backup' : `lockstep: ${copyText(copy)}`);
    return copy ?? {};
  }
}

function alreadyPaired(pair: string, given: readonly string[]): UserError {
  const words = given.map((name) => `--${name}`).join(', ');
  const what = `${pair} is a pair already, and ${words} could be said only when it became one`;
  return new UserError('paired', what, 'leave that out; another arbiter or key is for a pair that begins anew');
}

function copyText(copy: CopyStatus): string {
  const { to, round, pages, pausedNs = 0, tookMs = 0 } = copy;
  const size = `${count(pages)} pages in ${round} rounds, ${bytes(copy.bytes)}`;
  const times = `${(tookMs / 1000).toFixed(1)} s; the guest stood still for ${(pausedNs / 1e6).toFixed(1)} ms`;
  return `protected by ${to}: ${size}, ${times}`;
}

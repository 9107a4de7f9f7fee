/** `lockstep ft protect`: a backup for a guest that runs and has none. */

import { Args, Flags } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { joinFlags, pairWords } from '../../cli/ft-flags.ts';
import { bytes, count } from '../../cli/text.ts';
import { portableRegistry } from '../../host/cluster/registry-of.ts';
import type { CopyStatus } from '../../host/ft/copy-course.ts';
import { endpointText, parseEndpoint } from '../../host/ft/endpoint.ts';
import { isUnpaired, namedGuest } from '../../host/ft/nodes.ts';
import {
  joinCluster,
  pairUp,
  protectAgain,
  protectedAnywhere,
  protectedAt,
  protectPair,
} from '../../host/ft/protection.ts';
import { UserError } from '../../lib/errors.ts';

export default class FtProtect extends LockstepCommand {
  static override summary = 'Make a backup of a guest that runs on this host without one.';
  static override description =
    'Its memory is copied while it runs; it stands still only for the last of it. Used when a pair began alone, or ' +
    'has lost a side and knows no other place, or after `lockstep ft unprotect`. A place that is named (--backup) is ' +
    'remembered and tried again by itself; without one the places that the pair knows are tried. With --registry the ' +
    'guest is in that cluster from now on: its backups are on the hosts there, and a new one is found whenever one ' +
    'is lost. A backup that it has already is not told, and knows nothing of the cluster.\n' +
    'A guest of `lockstep record` or `run` becomes the primary of a new pair, in the process where it runs, and is ' +
    'from then on as one of `ft primary`: for that --arbiter, --key and the other flags of a pair are given here. ' +
    'A pair has these already, and does not take others.';
  static override examples = [
    {
      description: 'Start the new backup on the other host first.',
      command: '<%= config.bin %> ft protect web --backup tcp:10.0.0.3:7100',
    },
    {
      description: 'After lockstep ft unprotect: where its backup was, or on another host of its cluster.',
      command: '<%= config.bin %> ft protect web',
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
    backup: Flags.string({
      summary: 'where it listens [default: where the pair knows a place]',
      helpValue: 'tcp:HOST:PORT',
      exclusive: ['registry'],
    }),
    registry: Flags.string({ summary: 'of the cluster that it joins', helpValue: 'KIND:PLACE' }),
    ...joinFlags,
  };

  async run(): Promise<Partial<CopyStatus>> {
    const { args, flags, raw } = await this.parse(FtProtect);
    const backup = flags.backup === undefined ? undefined : parseEndpoint('--backup', flags.backup);
    const registry = flags.registry === undefined ? undefined : portableRegistry(flags.registry);
    const found = await namedGuest(args.name);
    let copy: CopyStatus | undefined;
    if (isUnpaired(found)) {
      if (backup === undefined && registry === undefined) throw placeless(found.pair);
      const place = backup === undefined ? {} : { backup: endpointText(backup) };
      const cluster = registry === undefined ? {} : { registry };
      const node = await pairUp(found, { ...pairWords(found.pair, flags), ...place, ...cluster });
      copy = backup === undefined ? await protectedAnywhere(node) : await protectedAt(node, endpointText(backup));
    } else {
      const given = Object.keys(joinFlags).filter((name) =>
        raw.some((one) => one.type === 'flag' && one.flag === name),
      );
      if (given.length > 0) throw alreadyPaired(found.pair, given);
      if (backup !== undefined) copy = await protectPair(found, backup);
      else copy = registry === undefined ? await protectAgain(found) : await joinCluster(found, registry);
    }
    this.logToStderr(copy === undefined ? 'lockstep: it has a backup' : `lockstep: ${copyText(copy)}`);
    return copy ?? {};
  }
}

function placeless(name: string): UserError {
  const what = `${name} is in no pair, and knows no place for a backup`;
  const remedy = 'name one (--backup tcp:HOST:PORT) or a cluster (--registry KIND:PLACE), and an --arbiter';
  return new UserError('no-place', what, remedy);
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

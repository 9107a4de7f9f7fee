/** `lockstep diff`: the first difference between two runs, and why. */

import { realpathSync } from 'node:fs';
import { Args, Flags } from '@oclif/core';
import { LockstepCommand } from '../cli/command.ts';
import { compareRecordings, type Diffed } from '../cli/diff.ts';
import { cannotFollow, followBoth, followedFrom } from '../cli/diff-follow.ts';
import { imagePaths } from '../cli/diff-images.ts';
import { machineFlags } from '../cli/machine-flags.ts';
import { parseTick } from '../cli/specs.ts';
import { ExitCode } from '../lib/errors.ts';

const { kernel, bios, initrd, engine } = machineFlags;
const ofB = { helpGroup: 'ANOTHER REPLAY OF A', helpValue: 'FILE' };

export default class Diff extends LockstepCommand {
  static override summary = 'Find the first instruction at which two runs differ, and why.';
  static override description =
    'Compares two recordings, or a recording and a replay of it by another engine or from other images. Says whether ' +
    'the machine, an input, its tick or the state differs first, in what, and what came of it. ' +
    'Exit code: 0 when they are the same, 1 when they differ.';
  static override examples = [
    { description: 'A run that went well and one that failed.', command: '<%= config.bin %> diff good.lks bad.lks' },
    {
      description: 'Does the reference engine do the same?',
      command: '<%= config.bin %> diff boot.lks --engine-b reference',
    },
    {
      description: 'Where does another kernel build go another way?',
      command: '<%= config.bin %> diff boot.lks --kernel-b build/Image --follow-ticks 100000000',
    },
  ];
  static override args = {
    a: Args.string({ description: 'recording', name: 'A', required: true }),
    b: Args.string({ description: 'recording; a replay of A when left out', name: 'B' }),
  };
  static override flags = {
    'engine-b': Flags.option({
      options: ['auto', 'interpreter', 'reference'] as const,
      summary: 'B is made by this engine',
      helpGroup: ofB.helpGroup,
    })(),
    'kernel-b': Flags.string({ summary: 'B is started from this kernel', ...ofB }),
    'bios-b': Flags.string({ summary: 'B is started from this firmware', ...ofB }),
    'initrd-b': Flags.string({ summary: 'B is started from this initial RAM disk', ...ofB }),
    'inject-fault-b': Flags.string({
      summary: 'test aid: flip one bit of guest state in B at this tick',
      helpValue: 'TICK',
      hidden: true,
    }),
    'follow-ticks': Flags.string({
      summary: 'how far to go on past the first difference [default: to the end; 200,000,000 for a replay]',
      helpValue: 'TICKS',
    }),
    follow: Flags.boolean({ summary: 'open both recordings there, in a debug server each' }),
    port: Flags.integer({
      summary: "with --follow: port of A's server, B's is the next [default: any free one]",
      helpValue: 'PORT',
      min: 1,
      max: 65534,
      dependsOn: ['follow'],
    }),
    brief: Flags.boolean({ summary: 'only the first difference, not what came of it', exclusive: ['follow-ticks'] }),
    kernel,
    bios,
    initrd,
    engine,
  };

  async run(): Promise<Diffed> {
    const { args, flags } = await this.parse(Diff);
    const oneLog = args.b === undefined || sameFile(args.a, args.b);
    if (flags.follow && (args.b === undefined || flags['engine-b'] !== undefined)) throw cannotFollow();
    const fault = flags['inject-fault-b'];
    const follow = flags.brief ? '0' : flags['follow-ticks'];
    const diffed = await compareRecordings({
      a: args.a,
      b: args.b ?? args.a,
      oneLog,
      images: imagePaths(flags),
      otherImages: imagePaths({ kernel: flags['kernel-b'], bios: flags['bios-b'], initrd: flags['initrd-b'] }),
      engine: flags.engine,
      engineB: flags['engine-b'],
      faultTick: fault === undefined ? undefined : parseTick('--inject-fault-b', fault),
      followTicks: follow === undefined ? undefined : parseTick('--follow-ticks', follow),
    });
    this.log(diffed.text);
    const { verdict } = diffed.report;
    if (flags.follow && args.b !== undefined && verdict.kind !== 'same') {
      const { port } = flags;
      const attachText = (text: string): void => this.log(text);
      await followBoth({
        files: { a: args.a, b: args.b },
        at: followedFrom(diffed.report),
        images: imagePaths(flags),
        port,
        attachText,
      });
    }
    this.finish(verdict.kind === 'same' ? ExitCode.done : ExitCode.diverged);
    return diffed;
  }

  protected override toSuccessJson(result: unknown): unknown {
    return super.toSuccessJson((result as Diffed).report);
  }
}

function sameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

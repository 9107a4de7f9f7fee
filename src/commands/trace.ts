/** `lockstep trace`: every instruction of a stretch of a recording, as it was. */

import { Args, Flags } from '@oclif/core';
import { LockstepCommand } from '../cli/command.ts';
import { inspectFlags, openInspectSession, parseMoment, travel } from '../cli/inspect-session.ts';
import { traceJson, traceLine } from '../cli/trace-text.ts';
import type { Timeline } from '../debug/timeline/timeline.ts';
import { EVERY_STEP, type TraceStep, traceProbe } from '../debug/trace/trace-probe.ts';
import { writeOut } from '../host/ports/stdout.ts';
import { type Tick, tick } from '../lib/brands.ts';
import { UserError } from '../lib/errors.ts';

const STEPS = 100n;

export default class Trace extends LockstepCommand {
  static override summary = 'Print the instructions of a stretch of a recording.';
  static override description =
    'One line an instruction: tick, privilege, address, bits, place, assembly; then memory read (r8[address]=value) ' +
    'and written (w8[…]), registers changed, an {interrupt} taken before it and an !exception raised. ' +
    'With --json one object a line. It writes as it goes, so a long stretch can go to a pipe.';
  static override examples = [
    { description: 'The last 100 instructions of the latest recording.', command: '<%= config.bin %> trace' },
    {
      description: 'A stretch of another, for a program to read.',
      command: '<%= config.bin %> trace boot.lks --from 1200000000 --to 1200010000 --json',
    },
  ];
  static override args = { file: Args.string({ description: 'recording; the latest when left out', name: 'FILE' }) };
  static override flags = {
    from: Flags.string({ summary: `first tick [default: ${STEPS} before --to]`, helpValue: 'TICK|start' }),
    to: Flags.string({
      summary: `tick to stop at [default: ${STEPS} after --from, or the end]`,
      helpValue: 'TICK|end',
    }),
    ...inspectFlags,
  };

  /** Writes as it goes; so `--json` is written here too. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(Trace);
    const lineOf = this.jsonEnabled() ? traceJson : traceLine;
    const steps: TraceStep[] = [];
    const session = openInspectSession(args.file, flags, (symbols) => traceProbe(symbols, (step) => steps.push(step)));
    try {
      const { timeline, path } = session;
      const [from, to] = stretch(flags, timeline);
      await travel('trace', path, (pace) => timeline.seek(from, pace));
      const write = async (): Promise<void> => {
        const text = steps.map((step) => `${lineOf(step)}\n`).join('');
        steps.length = 0;
        if (text !== '') await writeOut(text);
      };
      await travel(undefined, path, async (pace) => {
        await timeline.forward(EVERY_STEP, to, {
          pause: async (progress) => {
            await write();
            return pace.pause(progress);
          },
        });
        await write();
      });
    } finally {
      session.close();
    }
  }
}

function stretch(
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  timeline: Timeline,
): readonly [Tick, Tick] {
  const first = from === undefined ? undefined : parseMoment('--from', from, timeline);
  const last = to === undefined ? undefined : parseMoment('--to', to, timeline);
  const { start, end } = timeline;
  const stop = last ?? (first === undefined || first + STEPS > end ? end : tick(first + STEPS));
  const begin = first ?? (stop - STEPS < start ? start : tick(stop - STEPS));
  if (begin <= stop) return [begin, stop];
  throw new UserError('bad-value', `--from ${begin} is after --to ${stop}`, 'give the earlier tick with --from');
}

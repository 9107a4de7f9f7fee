/** `lockstep inspect`: the guest at one moment of a recording. */

import { Args, Flags } from '@oclif/core';
import { LockstepCommand } from '../cli/command.ts';
import { recordsBefore } from '../cli/inspect-events.ts';
import { type InspectionJson, inspectionJson } from '../cli/inspect-json.ts';
import { inspectFlags, openInspectSession, parseAddress, parseMoment, travel } from '../cli/inspect-session.ts';
import { type InspectionReport, inspectionText } from '../cli/inspect-text.ts';
import { LinuxView } from '../debug/guest/linux.ts';
import type { SymbolTable } from '../debug/guest/symbols.ts';
import { type InspectionRequest, inspect } from '../debug/inspect/inspection.ts';
import { UserError } from '../lib/errors.ts';

const EVENTS_SHOWN = 8;
const LENGTH_MAX = 1 << 24;
const LENGTH_DEFAULT = 128;

export default class Inspect extends LockstepCommand {
  static override summary = 'Show the guest at a moment of a recording.';
  static override description =
    'Registers, CSRs in words, code around the program counter, the calls that led there, interrupts, timers, ' +
    'devices, and what was recorded just before. The moment is a tick: what was recorded at that very tick has not ' +
    'gone in yet. Names come from ELF images and from what a Linux Image says of itself.';
  static override examples = [
    { description: 'Where the latest recording ended.', command: '<%= config.bin %> inspect' },
    {
      description: 'A moment of it, and where an address led then.',
      command: '<%= config.bin %> inspect boot.lks --at 1200000000 --walk 0xffffffff80002000',
    },
    {
      description: 'A variable, as JSON for a script.',
      command: '<%= config.bin %> inspect boot.lks --memory jiffies,8 --json',
    },
  ];
  static override args = { file: Args.string({ description: 'recording; the latest when left out', name: 'FILE' }) };
  static override flags = {
    at: Flags.string({ summary: 'the moment', helpValue: 'TICK|start|end', default: 'end' }),
    walk: Flags.string({ summary: 'walk the page tables for this virtual address', helpValue: 'ADDRESS' }),
    memory: Flags.string({
      summary: `show memory from a virtual address [default length: ${LENGTH_DEFAULT}]`,
      helpValue: 'ADDRESS[,LENGTH]',
    }),
    phys: Flags.boolean({ summary: 'the address of --memory is physical', dependsOn: ['memory'] }),
    ...inspectFlags,
  };

  async run(): Promise<InspectionJson> {
    const { args, flags } = await this.parse(Inspect);
    const session = openInspectSession(args.file, flags);
    try {
      const { timeline, reader, symbols, images, path } = session;
      const request = requestOf(flags, symbols);
      const at = parseMoment('--at', flags.at, timeline);
      await travel('inspect', path, (pace) => timeline.seek(at, pace));
      const events = recordsBefore(reader, at, EVENTS_SHOWN);
      const linux = images.kernel === undefined ? undefined : LinuxView.of(images.kernel, symbols);
      const seen = inspect(timeline.board, symbols, request);
      const running = linux?.current(timeline.board);
      const report: InspectionReport = { ...seen, end: timeline.end, events, process: running };
      if (!this.jsonEnabled()) this.log(inspectionText(report, symbols));
      return inspectionJson(report);
    } finally {
      session.close();
    }
  }
}

interface Words {
  readonly walk?: string | undefined;
  readonly memory?: string | undefined;
  readonly phys: boolean;
}

function requestOf({ walk, memory, phys }: Words, symbols: SymbolTable): InspectionRequest {
  return {
    ...(walk === undefined ? {} : { walk: parseAddress('--walk', walk, symbols) }),
    ...(memory === undefined ? {} : { memory: { ...parseMemory(memory, symbols), physical: phys } }),
  };
}

function parseMemory(text: string, symbols: SymbolTable): { readonly address: bigint; readonly length: number } {
  const [address = '', digits = `${LENGTH_DEFAULT}`] = text.split(/,(?=[^,]*$)/);
  const length = /^(0x[0-9a-f]+|\d+)$/i.test(digits) ? Number(digits) : 0;
  if (length > 0 && length <= LENGTH_MAX) return { address: parseAddress('--memory', address, symbols), length };
  const remedy = `the length is 1 to ${LENGTH_MAX} bytes`;
  throw new UserError('bad-value', `--memory ${text} is not understood`, remedy);
}

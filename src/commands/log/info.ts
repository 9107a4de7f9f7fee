/** `lockstep log info`: what a recording holds, for people. */

import { Args } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { type LogInfo, logInfo } from '../../cli/log-info.ts';
import { bytes, columns, count, seconds } from '../../cli/text.ts';
import { openRecording } from '../../host/log-file-source.ts';
import { recordingPath } from '../../host/recordings.ts';
import type { LogEnd } from '../../logformat/closing.ts';

export default class LogInfoCommand extends LockstepCommand {
  static override summary = 'Tell what a recording holds.';
  static override examples = [
    {
      description: 'The latest recording: when, which images, ticks, events and bytes by kind.',
      command: '<%= config.bin %> log info',
    },
  ];
  static override args = { file: Args.string({ description: 'recording; the latest when left out', name: 'FILE' }) };

  async run(): Promise<LogInfo & { readonly path: string }> {
    const { args } = await this.parse(LogInfoCommand);
    const path = recordingPath(args.file);
    const recording = openRecording(path);
    try {
      const info = logInfo(recording);
      this.log(infoText(path, info));
      return { path, ...info };
    } finally {
      recording.close();
    }
  }
}

function infoText(path: string, info: LogInfo): string {
  const { header, end, ticks } = info;
  const hostS = end === undefined ? undefined : Number(end.elapsedNs) / 1e9;
  const made = ticks - (info.beginsAt ?? 0n);
  const density = made === 0n ? 0 : (info.sizeBytes * 1000) / Number(made);
  const when = new Date(Number(header.createdNs / 1_000_000n)).toISOString();
  const images = Object.entries(header.images).map(([role, { name, size, sha256 }]) => {
    const place = info.packed.includes(role) ? ', packed' : '';
    return `${role} ${name}, ${bytes(size)}, sha256 ${Buffer.from(sha256).toString('hex')}${place}`;
  });
  const rows: (readonly [string, string])[] = [
    ['recording', path],
    ['made', `${when} by ${header.tool}, format ${header.version.join('.')}`],
    ['command', header.command.join(' ')],
    ...images.map((image) => ['image', image] as const),
    ['machine', machineText(header.machine)],
    ...(info.beginsAt === undefined ? [] : [['begins', `at tick ${count(info.beginsAt)}`] as const]),
    ['ticks', count(ticks)],
    ['guest time', seconds(Number(info.time) / 1e7)],
    ['host time', hostS === undefined ? 'not known' : seconds(hostS)],
    [
      'speed',
      hostS === undefined || hostS === 0
        ? 'not known'
        : `${(Number(made) / 1e6 / hostS).toFixed(1)} MIPS, waiting included`,
    ],
    ...engineRow(end?.engineTicks, ticks),
    ['size', `${bytes(info.sizeBytes)} in ${count(info.frames)} frames, ${density.toFixed(3)} B per 1000 instructions`],
    ['end', endText(info)],
  ];
  const kinds = [...new Set([...Object.keys(info.events), ...Object.keys(info.bytes)])];
  const table = kinds.map((kind) => [
    `  ${kind}`,
    kind in info.events ? count(info.events[kind as keyof typeof info.events] ?? 0) : '',
    bytes(info.bytes[kind] ?? 0),
  ]);
  return `${columns(rows)}\n\n${columns([['  KIND', 'EVENTS', 'BYTES'], ...table], [1, 2])}`;
}

/** Which share of the steps each way of making them made. */
function engineRow(made: LogEnd['engineTicks'], ticks: bigint): (readonly [string, string])[] {
  if (made === undefined || ticks === 0n) return [];
  const share = ([name, steps]: [string, bigint]): string =>
    `${name} ${((100 * Number(steps)) / Number(ticks)).toFixed(1)} %`;
  return [['engines', Object.entries(made).map(share).join(', ')]];
}

function machineText(machine: LogInfo['header']['machine']): string {
  const memory = machine.memory;
  const devices = machine.devices;
  const types = Array.isArray(devices) ? devices.map((device) => (device as { type?: unknown }).type).join(', ') : '';
  const size = typeof memory === 'number' || typeof memory === 'bigint' ? Number(memory) / 2 ** 20 : 0;
  return `${size} MiB, clock ${String(machine.clock)}, ${types}`;
}

function endText({ end, cut, ticks }: LogInfo): string {
  if (cut !== undefined) return `cut after tick ${count(ticks)} at byte ${count(cut.offset)}: ${cut.reason}`;
  if (end?.repaired) return 'added by a repair';
  if (end?.halt === undefined) return 'stopped by the operator';
  return `${end.halt.reason} with code ${end.halt.code}`;
}

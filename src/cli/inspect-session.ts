/**
 * A recording opened to be looked into: what `inspect`, `trace` and `log ps` share. Flags, names for addresses, the
 * way to a tick with progress on the terminal and Ctrl-C.
 */

import { Flags } from '@oclif/core';
import { SymbolTable } from '../debug/guest/symbols.ts';
import type { ProbeFactory } from '../debug/timeline/probe.ts';
import { Interrupted, type Pace, type Timeline } from '../debug/timeline/timeline.ts';
import { openTimeline } from '../host/open-timeline.ts';
import { type ImagePaths, recordedImages, recordingError } from '../host/recorded-machine.ts';
import { recordingPath } from '../host/recordings.ts';
import { type Tick, tick } from '../lib/brands.ts';
import { ExitCode, UserError } from '../lib/errors.ts';
import type { LogReader } from '../logformat/reader.ts';
import { DivergenceError } from '../session/divergence.ts';
import { say, stopOnSignal } from './live.ts';
import { machineFlags } from './machine-flags.ts';
import { ProgressLine } from './progress.ts';
import { parseTick } from './specs.ts';
import { symbolFile } from './symbols.ts';

/** These commands go forwards: few checkpoints are enough. */
const BUDGET_BYTES = 64 * 1024 * 1024;

export const inspectFlags = {
  symbols: Flags.string({
    summary: 'names for addresses besides those of the images: an ELF file or a System.map; may be repeated',
    helpValue: 'FILE',
    multiple: true,
    multipleNonGreedy: true,
  }),
  kernel: machineFlags.kernel,
  bios: machineFlags.bios,
  initrd: machineFlags.initrd,
};

interface InspectWords {
  readonly symbols?: readonly string[] | undefined;
  readonly kernel?: string | undefined;
  readonly bios?: string | undefined;
  readonly initrd?: string | undefined;
}

export interface InspectSession {
  readonly path: string;
  readonly timeline: Timeline;
  readonly reader: LogReader;
  readonly symbols: SymbolTable;
  /** Bytes of the machine's images, by role. */
  readonly images: { readonly [role: string]: Uint8Array };
  close(): void;
}

/**
 * `probe`: how a timeline that is asked for stops watches steps. UserError when the recording, an image or a file of
 * symbols cannot be had.
 */
export function openInspectSession(
  file: string | undefined,
  words: InspectWords,
  probe?: (symbols: SymbolTable) => ProbeFactory,
): InspectSession {
  const path = recordingPath(file);
  const { kernel, bios, initrd } = words;
  const paths: ImagePaths = {
    ...(kernel === undefined ? {} : { kernel }),
    ...(bios === undefined ? {} : { bios }),
    ...(initrd === undefined ? {} : { initrd }),
  };
  const named = (words.symbols ?? []).map(symbolFile);
  let symbols = named.reduce((all, more) => all.with(more), SymbolTable.ofImages({}));
  // The images, and so their names, are known when the timeline is open; it asks for its probe later.
  const late: ProbeFactory | undefined = probe && ((...asked) => probe(symbols)(...asked));
  const { timeline, reader, close } = openTimeline(path, {
    ...paths,
    ...(late === undefined ? {} : { probe: late }),
    memoryBudgetBytes: BUDGET_BYTES,
    notify: say,
  });
  try {
    const found = Object.entries(recordedImages(reader, paths)).map(([role, { bytes }]) => [role, bytes] as const);
    const images = Object.fromEntries(found);
    symbols = SymbolTable.ofImages(images).with(symbols);
    return { path, timeline, reader, symbols, images, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Work on a timeline: progress under this name, if any, given up at Ctrl-C, and its failures as the operator's. */
export async function travel<T>(label: string | undefined, path: string, work: (pace: Pace) => Promise<T>): Promise<T> {
  const stop = stopOnSignal();
  const line = label === undefined ? undefined : new ProgressLine(label);
  try {
    return await work({
      pause: async ({ at, from, to }) => {
        line?.update(at - from, to - from);
        await new Promise(setImmediate);
        return !stop.aborted;
      },
    });
  } catch (error) {
    if (error instanceof Interrupted) throw new UserError('interrupted', 'stopped', '', ExitCode.interrupted, error);
    if (!(error instanceof DivergenceError)) throw recordingError(error);
    const what = `this machine does not do what the recording holds: ${error.message}`;
    throw new UserError('diverged', what, `see: lockstep replay ${path} --verify`, ExitCode.diverged, error);
  } finally {
    line?.clear();
  }
}

/** `start`, `end` or a tick of the recording. */
export function parseMoment(flag: string, text: string, { start, end }: Pick<Timeline, 'start' | 'end'>): Tick {
  if (text === 'start') return start;
  if (text === 'end') return end;
  const at = parseTick(flag, text);
  if (at <= end) return tick(at);
  throw new UserError(
    'no-such-tick',
    `the recording ends at tick ${end}, before ${flag} ${at}`,
    'give an earlier tick',
  );
}

/** `0x…`, a decimal number, or a symbol's name with `+offset` behind it or not. */
export function parseAddress(flag: string, text: string, symbols: SymbolTable): bigint {
  if (/^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text)) {
    const address = BigInt(text);
    if (address < 1n << 64n) return address;
  }
  const [, name = '', offset] = /^([A-Za-z_.$][^+]*)(?:\+(0x[0-9a-f]{1,16}|\d{1,19}))?$/i.exec(text) ?? [];
  const symbol = symbols.find(name);
  if (symbol !== undefined) return BigInt.asUintN(64, symbol.address + BigInt(offset ?? 0));
  throw new UserError(
    'bad-value',
    `${flag} ${text} is no address`,
    'give one such as 0x80200000, or the name of a symbol',
  );
}

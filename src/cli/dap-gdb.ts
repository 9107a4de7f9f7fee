/** gdb for an editor: its server on the timeline, gdb itself with the symbols that are known; both end together. */

import { existsSync } from 'node:fs';
import type { DebuggerPorts } from '../debug/dap/debugger.ts';
import type { EventTarget } from '../debug/dap/event-target.ts';
import { GdbDebugger } from '../debug/dap/gdb/gdb-debugger.ts';
import type { LaunchWords } from '../debug/dap/launch-words.ts';
import type { MiSession } from '../debug/dap/mi/session.ts';
import { quoted } from '../debug/dap/mi/values.ts';
import { GdbProcess } from '../host/dap/gdb-process.ts';
import { GdbServer } from '../host/gdb-server.ts';
import type { TravelReport } from './dap-progress.ts';
import type { DapRecording } from './dap-recording.ts';
import { GdbFiles, symbolFiles } from './debug-symbols.ts';

export interface GdbStart {
  readonly program: string;
  readonly words: LaunchWords;
  readonly recording: DapRecording;
  readonly target: EventTarget;
  readonly ports: DebuggerPorts;
  readonly report: TravelReport;
  live(): Promise<string>;
}

/** UserError or MiError when gdb cannot be had; nothing is left of it then. */
export async function startGdb(start: GdbStart): Promise<GdbDebugger> {
  const { words, recording, target, ports, report } = start;
  const files = new GdbFiles();
  const ending: (() => Promise<void>)[] = [async () => files.remove()];
  const close = async (): Promise<void> => {
    for (let end = ending.pop(); end !== undefined; end = ending.pop()) await end();
  };
  try {
    const found = symbolFiles({ images: recording.images, named: words.symbols }, files);
    const server = await GdbServer.listen({
      target,
      port: 0,
      ports: {
        breathe: (now) => report.breathe(now),
        rested: () => report.rested(),
        notice: () => {},
        ownGdb: false,
        live: () => start.live(),
      },
    });
    ending.push(() => server.close());
    server.done.catch((error: unknown) => ports.gone(error instanceof Error ? error.message : String(error)));
    let debug: GdbDebugger | undefined;
    const told: Parameters<typeof GdbProcess.start>[1] = (record) => debug?.told(record);
    const gdb = await GdbProcess.start(start.program, told, () => ports.gone('gdb has gone'));
    ending.push(() => gdb.close());
    const interruptServer = (): void => server.interrupt();
    debug = new GdbDebugger({ mi: gdb.mi, target, ports, exists: existsSync, interruptServer, close });
    await prepare(gdb.mi, words, found, server.address);
    return debug;
  } catch (error) {
    await close();
    throw error;
  }
}

async function prepare(mi: MiSession, words: LaunchWords, files: readonly string[], address: string): Promise<void> {
  const [main, ...more] = files;
  const commands = [
    ...['mi-async on', 'confirm off', 'pagination off', 'width 0', 'osabi none'].map((what) => `-gdb-set ${what}`),
    ...words.sources.map((folder) => `-environment-directory ${quoted(folder)}`),
    ...words.sourceMap.map(([from, to]) => `-gdb-set substitute-path ${quoted(from)} ${quoted(to)}`),
    ...(main === undefined ? [] : [`-file-exec-and-symbols ${quoted(main)}`]),
    ...more.map((file) => `-interpreter-exec console ${quoted(`add-symbol-file "${file}"`)}`),
    `-target-select remote ${address}`,
  ];
  for (const command of commands) await mi.command(command);
}

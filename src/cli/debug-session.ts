/**
 * `lockstep debug`: a recording opened at a moment, the gdb server on it, and gdb on this terminal where there is one.
 * It ends when gdb has gone, or at Ctrl-C where gdb does not hold the terminal.
 */

import { spawn } from 'node:child_process';
import { TimelineTarget } from '../debug/gdb/timeline-target.ts';
import type { Progress } from '../debug/timeline/timeline.ts';
import { GdbServer } from '../host/gdb-server.ts';
import { openRecording } from '../host/log-file-source.ts';
import { recordedConfig, recordingError } from '../host/recorded-machine.ts';
import { type Tick, tick } from '../lib/brands.ts';
import { ExitCode, UserError } from '../lib/errors.ts';
import { DivergenceError } from '../session/divergence.ts';
import { eventLines, tickOfEvent } from './debug-events.ts';
import { findGdb, gdbCommandText, runGdb } from './debug-gdb.ts';
import { TravelLine } from './debug-progress.ts';
import { GdbFiles, symbolFiles } from './debug-symbols.ts';
import { type InspectSession, openInspectSession, parseMoment } from './inspect-session.ts';
import { say } from './live.ts';

export interface DebugWords {
  readonly symbols?: readonly string[] | undefined;
  readonly kernel?: string | undefined;
  readonly bios?: string | undefined;
  readonly initrd?: string | undefined;
  /** TICK, start, end or event:N. */
  readonly at: string;
  readonly port?: number | undefined;
  /** The recording is still written. */
  readonly attach: boolean;
}

export interface DebugReport {
  readonly recording: string;
  /** Where gdb found the server. */
  readonly address: string;
  /** Where the debugger left. */
  readonly tick: bigint;
}

/** `attachText` is told how to attach, when gdb is not started here. UserError when it cannot begin. */
export async function debugRecording(
  file: string | undefined,
  words: DebugWords,
  attachText: (command: string) => void,
): Promise<DebugReport> {
  const session = openInspectSession(file, words);
  const files = new GdbFiles();
  try {
    return await serve(session, words, files, attachText);
  } finally {
    files.remove();
    session.close();
  }
}

async function serve(
  session: InspectSession,
  words: DebugWords,
  files: GdbFiles,
  attachText: (command: string) => void,
): Promise<DebugReport> {
  const { timeline, path, symbols, images } = session;
  const at = momentOf(words.at, session);
  await goTo(at, session);
  const { header } = session.reader;
  const named = Object.entries(images).map(([role, bytes]) => ({
    role,
    bytes,
    name: header.images[role as keyof typeof header.images]?.name ?? role,
  }));
  const found = symbolFiles({ images: named, named: words.symbols ?? [] }, files);
  const gdb = words.port === undefined && process.stdin.isTTY === true ? findGdb() : undefined;
  const progress = new TravelLine();
  const events = (before: Tick, count: number) => eventsOf(path, before, count);
  const server = await GdbServer.listen({
    target: new TimelineTarget({ timeline, symbols, events, growing: words.attach }),
    port: words.port ?? 0,
    ports: {
      breathe: (now) => progress.breathe(now),
      rested: () => progress.rested(),
      notice: say,
      ownGdb: gdb !== undefined,
      live: (now) => Promise.resolve(goLive(session, words, now, gdb === undefined)),
      ...(found[0] === undefined ? {} : { execFile: found[0] }),
    },
  });
  if (gdb === undefined) {
    // Whoever reads where it is may end it at once.
    const ended = untilEnd(server);
    say(`gdb server at ${server.address}; Ctrl-C or detach ends it`);
    attachText(gdbCommandText('gdb-multiarch', server.address, found));
    await ended;
  } else {
    await withGdb(server, () => runGdb(gdb, server.address, found, files));
  }
  return { recording: path, address: server.address, tick: timeline.now };
}

/** Ctrl-C ends the process, which holds nothing yet. */
async function goTo(at: Tick, { timeline, path }: InspectSession): Promise<void> {
  const progress = new TravelLine();
  const pause = async (now: Progress): Promise<boolean> => {
    await progress.breathe(now);
    return true;
  };
  try {
    await timeline.seek(at, { pause });
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw recordingError(error);
    const what = `this machine does not do what the recording holds: ${error.message}`;
    const remedy = `look before that with --at TICK, or see: lockstep replay ${path} --verify`;
    throw new UserError('diverged', what, remedy, ExitCode.diverged, error);
  } finally {
    progress.rested();
  }
}

/** Of the recording as it is now. */
function eventsOf(path: string, before: Tick, count: number): readonly string[] {
  const recording = openRecording(path);
  try {
    return eventLines(recording.reader, before, count);
  } finally {
    recording.close();
  }
}

function momentOf(text: string, { timeline, reader }: InspectSession): Tick {
  const event = /^event:(\d{1,9})$/.exec(text);
  return event === null ? parseMoment('--at', text, timeline) : tick(tickOfEvent(reader, Number(event[1])));
}

/** Until the debugger has gone, or a signal. */
async function untilEnd(server: GdbServer): Promise<void> {
  const stop = (): void => void server.close();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, stop);
  try {
    await server.done;
  } finally {
    for (const signal of signals) process.off(signal, stop);
    await server.close();
  }
}

/** While gdb has the terminal Ctrl-C goes to both: gdb does not pass it on while it waits for `monitor`. */
async function withGdb(server: GdbServer, run: () => Promise<void>): Promise<void> {
  const interrupt = (): void => server.interrupt();
  // A terminal that goes takes gdb with it, and that ends this.
  const outlive = (): void => {};
  process.on('SIGINT', interrupt);
  process.on('SIGHUP', outlive);
  try {
    await run();
    await server.close();
    await server.done;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGHUP', outlive);
    await server.close();
  }
}

/** Goes on live on this terminal where it is free; else tells how. */
function goLive({ path, reader }: InspectSession, words: DebugWords, at: Tick, terminalIsFree: boolean): string {
  const { kernel, bios, initrd } = words;
  const images = Object.entries({ kernel, bios, initrd }).flatMap(([flag, file]) =>
    file === undefined ? [] : [`--${flag}`, file],
  );
  const drives = recordedConfig(reader).devices.filter(({ type }) => type === 'block').length;
  const args = ['replay', path, '--until', String(at), '--live', ...images];
  const command = ['lockstep', ...args].join(' ');
  if (drives > 0)
    return `give each of the ${drives} drives, as it was when the recording began:\n  ${command} --drive …`;
  if (!terminalIsFree || process.stdin.isTTY !== true) {
    return `this moment goes on live, in a recording of its own, with:\n  ${command}\nin gdb: shell ${command}`;
  }
  const child = spawn(process.execPath, [process.argv[1]!, ...args], { stdio: 'inherit' });
  const ignore = (): void => {};
  process.on('SIGINT', ignore);
  child.on('error', (error) => say(`going live failed: ${error.message}`));
  child.on('close', () => process.off('SIGINT', ignore));
  return `this moment goes on live at the server's terminal`;
}

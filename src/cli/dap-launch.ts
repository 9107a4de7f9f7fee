/**
 * What `launch` and `attach` do: a recording opened at a moment, and gdb on it where there is one. With gdb, gdb's
 * server stands on the same timeline as the views that the adapter shows; gdb alone moves it.
 */

import type { DebuggerPorts } from '../debug/dap/debugger.ts';
import { EventTarget } from '../debug/dap/event-target.ts';
import type { LaunchWords } from '../debug/dap/launch-words.ts';
import { MachineView } from '../debug/dap/machine-view.ts';
import { PlainDebugger } from '../debug/dap/plain/plain-debugger.ts';
import type { Opened } from '../debug/dap/session.ts';
import { Interrupted } from '../debug/timeline/timeline.ts';
import { recordingError } from '../host/recorded-machine.ts';
import { type Tick, tick } from '../lib/brands.ts';
import { ExitCode, UserError } from '../lib/errors.ts';
import { DivergenceError } from '../session/divergence.ts';
import { startGdb } from './dap-gdb.ts';
import { TravelReport } from './dap-progress.ts';
import { type DapRecording, openDapRecording } from './dap-recording.ts';
import { tickOfEvent } from './debug-events.ts';
import { findGdb } from './debug-gdb.ts';
import { parseMoment } from './inspect-session.ts';

const NO_GDB =
  'no gdb that knows RISC-V is in use: instructions, registers and memory only; lines and variables need ' +
  'gdb-multiarch (Debian: apt install gdb-multiarch)';

/** UserError when the recording cannot be opened; `stop` gives it up. */
export async function openDap(words: LaunchWords, ports: DebuggerPorts, stop: AbortSignal): Promise<Opened> {
  const notices: string[] = [];
  const recording = openDapRecording(words, (text) => notices.push(text));
  try {
    const report = new TravelReport(ports);
    await goTo(momentOf(words.at, recording), recording, report, stop);
    const { timeline, symbols, events, path } = recording;
    const target = new EventTarget({ timeline, symbols, events, growing: words.growing });
    const view = new MachineView(timeline.board, target, symbols);
    const live = async (): Promise<string> => {
      const command = `lockstep replay ${path} --until ${target.now} --live`;
      return `this moment goes on live, in a recording of its own, with:\n  ${command}`;
    };
    const program = words.gdb === false ? undefined : (words.gdb ?? findGdb());
    if (program === undefined) {
      const breathe = async (progress: Parameters<TravelReport['breathe']>[0]): Promise<void> =>
        void (await report.breathe(progress));
      const plain = new PlainDebugger({ view, ports, breathe, rested: () => report.rested(), live });
      const close = async (): Promise<void> => {
        await plain.close();
        recording.close();
      };
      return { debugger: plain, view, notices: [...notices, NO_GDB], close };
    }
    const gdb = await startGdb({ program, words, recording, target, ports, report, live });
    const close = async (): Promise<void> => {
      await gdb.close();
      recording.close();
    };
    if (stop.aborted) {
      await gdb.close();
      throw givenUp();
    }
    return { debugger: gdb, view, notices, close };
  } catch (error) {
    recording.close();
    throw error;
  }
}

const givenUp = (): UserError => new UserError('interrupted', 'given up', '', ExitCode.interrupted);

function momentOf(text: string, { timeline, reader }: DapRecording): Tick {
  const event = /^event:(\d{1,9})$/.exec(text);
  return event === null ? parseMoment('at', text, timeline) : tick(tickOfEvent(reader, Number(event[1])));
}

async function goTo(at: Tick, recording: DapRecording, report: TravelReport, stop: AbortSignal): Promise<void> {
  try {
    await recording.timeline.seek(at, {
      pause: async (progress) => {
        await report.breathe(progress);
        return !stop.aborted;
      },
    });
  } catch (error) {
    if (error instanceof Interrupted) throw givenUp();
    if (!(error instanceof DivergenceError)) throw recordingError(error);
    const what = `this machine does not do what the recording holds: ${error.message}`;
    throw new UserError('diverged', what, 'look before that, with an earlier tick for "at"', ExitCode.diverged, error);
  } finally {
    report.rested();
  }
}

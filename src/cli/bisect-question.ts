/**
 * What `--when` asks: an expression over the guest's state, or an outside command that is given the guest as `lockstep
 * inspect --json` shows it and answers by its exit status.
 */

import { BoardMoment, namesOf } from '../debug/bisect/board-moment.ts';
import { ConsoleSaid } from '../debug/bisect/console-said.ts';
import { predicateOf } from '../debug/bisect/evaluate.ts';
import { asksConsole } from '../debug/bisect/expression.ts';
import { parseExpression } from '../debug/bisect/parse.ts';
import { advance, type Progress } from '../debug/diff/advance.ts';
import { startRun } from '../debug/diff/subject.ts';
import { Interrupted } from '../debug/timeline/timeline.ts';
import type { Board } from '../emu/machine/board.ts';
import { DEFAULTS } from '../host/guest-options.ts';
import { tick } from '../lib/brands.ts';
import { commandSucceeds } from './bisect-command.ts';
import { type ImageWords, imagePaths } from './diff-images.ts';
import { openSubject } from './diff-open.ts';
import { type InspectSession, travel } from './inspect-session.ts';

/** Something that holds at a moment or not. */
export interface Question {
  /** Asked of the board at every tick in a row; undefined where that would take too long. */
  readonly quick: ((board: Board) => boolean) | undefined;
  /** Asked where the timeline stands. */
  holds(session: InspectSession): Promise<boolean>;
}

const COMMAND = 'cmd:';
/** The console that counts when none was on the operator's terminal. */
const UART = 'uart';

/** UserError when it cannot be read. `json` writes results as `--json` does. */
export async function questionOf(
  when: string,
  session: InspectSession,
  words: ImageWords,
  json: (result: unknown) => string,
): Promise<Question> {
  if (when.startsWith(COMMAND)) {
    const command = when.slice(COMMAND.length);
    return { quick: undefined, holds: (moment) => commandSucceeds(command, moment, json) };
  }
  const expression = parseExpression(when, namesOf(session.symbols));
  const console = asksConsole(expression) ? await heardOf(session, words) : new ConsoleSaid();
  const holds = predicateOf(expression);
  let moment: BoardMoment | undefined;
  const quick = (board: Board): boolean => {
    moment ??= new BoardMoment(board, (pattern, at) => console.said(pattern, at));
    return holds(moment);
  };
  return { quick, holds: ({ timeline }) => Promise.resolve(quick(timeline.board)) };
}

/** All that the console says, by one run over the recording. */
async function heardOf({ path, reader }: InspectSession, words: ImageWords): Promise<ConsoleSaid> {
  const device = reader.header.terminal ?? UART;
  const heard = new ConsoleSaid();
  const images = imagePaths(words);
  const { subject, close } = openSubject({ file: path, images, otherImages: {}, engine: DEFAULTS.engine });
  try {
    const { run } = startRun(subject);
    run.listener = {
      hear: (output, at) => {
        if (output.kind === 'console' && output.device === device) heard.add(output.bytes, at);
      },
      mark: () => undefined,
      back: () => {},
    };
    await travel('console', path, (pace) => {
      const breathe = async ({ at, to }: Progress): Promise<void> => {
        if (!(await pace.pause({ at: tick(at), from: tick(0n), to: tick(to) }))) throw new Interrupted('given up');
      };
      return advance(run, run.limit, { doing: 'listening to the console', breathe });
    });
    return heard;
  } finally {
    close();
  }
}

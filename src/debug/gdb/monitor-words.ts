/**
 * The words that `monitor` knows, one row each. What a word gives is text for gdb's user. A word that moves in time
 * says so, since gdb keeps the registers that it has read until it is told to look again.
 */

import type { Tick } from '../../lib/brands.ts';
import { UserError } from '../../lib/errors.ts';
import { Interrupted, type Pace } from '../timeline/pace.ts';
import { lastLines, lastWrite } from './monitor-history.ts';
import { count, dump, parseAddress, parseCount, parseTick, place, placeLine } from './monitor-text.ts';
import type { DebugTarget } from './target.ts';

/** What the words work on; one for each connection. */
export interface Desk {
  readonly target: DebugTarget;
  /** The hart that gdb looks at. */
  hart(): number;
  readonly pace: Pace;
  /** gdb looks again by itself when the guest stands elsewhere. */
  readonly looksAgain: boolean;
  readonly checkpoints: Map<number, Tick>;
  /** Whether a step goes into interrupts, system calls and page faults. */
  intoTraps: boolean;
  /** Goes on live from now; what to tell. */
  live(at: Tick): Promise<string>;
  /** The guest stands elsewhere in time now. */
  moved(): void;
}

export interface Word {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
  readonly run: (desk: Desk, args: readonly string[]) => Promise<string> | string;
}

const CONSOLE_LINES = 10;
const EVENTS = 10;
const LOOK_AGAIN = 'gdb shows it after: maintenance flush register-cache';

/** Interrupted, it stays where it was: gdb would not look again. */
async function go(desk: Desk, to: Tick): Promise<string> {
  const { target, pace } = desk;
  const { now } = target;
  try {
    await target.seek(to, pace);
  } catch (error) {
    if (error instanceof Interrupted) await target.seek(now);
    throw error;
  }
  desk.moved();
  return desk.looksAgain ? placeLine(desk) : `${placeLine(desk)}\n${LOOK_AGAIN}`;
}

function checkpointOf({ checkpoints }: Desk, text: string | undefined): readonly [number, Tick] {
  const number = Number(text);
  const at = checkpoints.get(number);
  if (at !== undefined) return [number, at];
  throw new UserError('no-checkpoint', `there is no checkpoint ${text ?? ''}`, 'see: monitor info checkpoints');
}

export const WORDS: readonly Word[] = [
  {
    name: 'when',
    usage: '',
    help: 'where the guest stands: tick, privilege, function',
    run: (desk) => placeLine(desk),
  },
  { name: 'when-ticks', usage: '', help: 'the tick alone', run: ({ target }) => `Current tick: ${target.now}` },
  {
    name: 'elapsed-time',
    usage: '',
    help: 'guest time since power on',
    run: ({ target }) => `Elapsed Time (s): ${(Number(target.elapsedNs) / 1e9).toFixed(7)}`,
  },
  {
    name: 'goto',
    usage: 'TICK',
    help: 'go to a tick; +N and -N count from here; start, end',
    run: (desk, [to]) => {
      desk.target.refresh();
      return go(desk, parseTick(desk.target, to));
    },
  },
  {
    name: 'goto-end',
    usage: '',
    help: 'go to the end of the recording',
    run: (desk) => {
      desk.target.refresh();
      return go(desk, desk.target.end);
    },
  },
  {
    name: 'checkpoint',
    usage: '',
    help: 'note this moment under a number',
    run: ({ target, checkpoints }) => {
      const number = Math.max(0, ...checkpoints.keys()) + 1;
      checkpoints.set(number, target.checkpoint());
      return `Checkpoint ${number} at tick ${count(target.now)}`;
    },
  },
  {
    name: 'restart',
    usage: 'N',
    help: 'go to a checkpoint',
    run: (desk, [number]) => go(desk, checkpointOf(desk, number)[1]),
  },
  {
    name: 'info checkpoints',
    usage: '',
    help: 'list the checkpoints',
    run: ({ checkpoints }) =>
      checkpoints.size === 0
        ? 'No checkpoints.'
        : [...checkpoints].map(([number, at]) => `${number}  tick ${count(at)}`).join('\n'),
  },
  {
    name: 'delete checkpoint',
    usage: 'N',
    help: 'forget a checkpoint',
    run: (desk, [text]) => {
      const [number] = checkpointOf(desk, text);
      desk.checkpoints.delete(number);
      return `Deleted checkpoint ${number}`;
    },
  },
  {
    name: 'events',
    usage: '[N]',
    help: 'the last events of the recording up to here: inputs and outputs',
    run: ({ target }, [text]) => target.events(parseCount(text, EVENTS)).join('\n') || 'No events so far.',
  },
  {
    name: 'console',
    usage: '[N]',
    help: 'the last lines that the guest printed, each with the tick of its end',
    run: async (desk, [text]) => {
      const lines = await lastLines(desk, parseCount(text, CONSOLE_LINES));
      return lines.map(({ at, line }) => `${count(at).padStart(16)}  ${line}`).join('\n') || 'Nothing printed so far.';
    },
  },
  {
    name: 'last-write',
    usage: 'ADDR [LEN]',
    help: 'who wrote these bytes last: an address or symbol, and a length (8)',
    run: async (desk, [address, length]) => {
      const write = await lastWrite(desk, parseAddress(desk.target, address), parseCount(length, 8));
      if (write === undefined) return 'Not written since the recording began.';
      const { at, pc, before, after } = write;
      return [
        `tick ${count(at)}: written by ${place(desk.target, pc)}`,
        `  before ${before}, after ${after}`,
        `  to stand before it: monitor goto ${at}`,
      ].join('\n');
    },
  },
  {
    name: 'phys',
    usage: 'ADDR [LEN]',
    help: 'physical memory, in hexadecimal (64 bytes)',
    run: ({ target }, [address, length]) => {
      const pa = parseAddress(target, address);
      const bytes = target.readPhysical(pa, Math.min(parseCount(length, 64), 4096));
      if (bytes.length > 0) return dump(pa, bytes);
      throw new UserError('not-ram', `0x${pa.toString(16)} is not in RAM`, 'RAM begins at 0x80000000');
    },
  },
  {
    name: 'step-into-traps',
    usage: 'on|off',
    help: 'whether steps go into interrupts, system calls and page faults [off]',
    run: (desk, [word]) => {
      if (word !== undefined && word !== 'on' && word !== 'off')
        throw new UserError('bad-word', `${word} is neither on nor off`, 'give on or off');
      if (word !== undefined) desk.intoTraps = word === 'on';
      return `Steps go ${desk.intoTraps ? 'into' : 'over'} interrupts, system calls and page faults.`;
    },
  },
  {
    name: 'seek-cost',
    usage: '',
    help: 'how long going to any tick takes at most',
    run: ({ target }) => target.seekCostText(),
  },
  {
    name: 'live',
    usage: '',
    help: 'what if: go on live from this moment, in a recording of its own',
    run: (desk) => desk.live(desk.target.now),
  },
];

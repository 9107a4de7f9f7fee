/**
 * gdb as the owner of where the program stands: the adapter's requests as commands of its machine interface, its stops
 * in the adapter's words. gdb manual, "The GDB/MI Interface".
 *
 * Invariant: while it runs no command is sent; the adapter sees to that.
 */

import type { Debugger, DebuggerPorts, Frame, Placed, RunAction, Shown, Wanted, Watched } from '../debugger.ts';
import type { EventTarget } from '../event-target.ts';
import type { MiRecord, MiTuple } from '../mi/parse.ts';
import { MiError, type MiSession } from '../mi/session.ts';
import { listIn, numberIn, quoted, textIn, tupleIn } from '../mi/values.ts';
import { GdbBreakpoints } from './gdb-breakpoints.ts';
import { stopNote } from './gdb-stops.ts';
import { GdbVariables, inFrame } from './gdb-variables.ts';

export interface GdbParts {
  readonly mi: MiSession;
  /** What gdb's server shows gdb. */
  readonly target: EventTarget;
  readonly ports: DebuggerPorts;
  /** Whether a file is there to be shown. */
  exists(path: string): boolean;
  /** Gives up what the server carries out for gdb. */
  interruptServer(): void;
  /** Ends gdb and its server. */
  close(): Promise<void>;
}

/** Frames that are looked for at most. */
const FRAMES_MAX = 1000;
const COMMANDS = {
  continue: ['-exec-continue', '-exec-continue'],
  over: ['-exec-next', '-exec-next-instruction'],
  into: ['-exec-step', '-exec-step-instruction'],
  out: ['-exec-finish', '-exec-finish'],
} as const;

export class GdbDebugger implements Debugger {
  readonly knowsSource = true;
  readonly #parts: GdbParts;
  readonly #mi: MiSession;
  readonly #breakpoints: GdbBreakpoints;
  readonly #variables: GdbVariables;
  #running = false;
  /** Whether the code where it stands has lines that the client can show. */
  #hasLines = true;

  constructor(parts: GdbParts) {
    this.#parts = parts;
    this.#mi = parts.mi;
    this.#breakpoints = new GdbBreakpoints(parts.mi, parts.exists);
    this.#variables = new GdbVariables(parts.mi);
  }

  /** What gdb tells without being asked. */
  told(record: MiRecord): void {
    const { ports, target } = this.#parts;
    if (record.kind === 'target') ports.print(record.text);
    if (record.kind !== 'exec') return;
    if (record.class === 'running') {
      if (!this.#running) ports.continued();
      this.#running = true;
    } else if (record.class === 'stopped') {
      this.#stands(record.results);
      // The first stop is that of attaching.
      if (!this.#running) return;
      this.#running = false;
      ports.stopped(stopNote(record.results, target, this.#breakpoints));
    }
  }

  async run(action: RunAction): Promise<void> {
    const { kind, reverse, thread } = action;
    const [byLine, byInstruction] = COMMANDS[kind];
    const command = action.byInstruction || !this.#hasLines ? byInstruction : byLine;
    this.#parts.target.begin(kind === 'continue' || kind === 'out');
    this.#running = true;
    try {
      await this.#variables.forget();
      await this.#mi.command(`${command} --thread ${thread}${reverse ? ' --reverse' : ''}`);
    } catch (error) {
      this.#running = false;
      throw error;
    }
  }

  interrupt(): void {
    // gdb's own interruption is for the server alone, and is lost while gdb looks whether a condition holds.
    if (this.#running) this.#parts.target.giveUp();
    this.#parts.interruptServer();
  }

  async frames(thread: number, from: number, count: number): Promise<readonly Frame[]> {
    let listed: readonly MiTuple[];
    try {
      const { depth } = await this.#mi.command(`-stack-info-depth --thread ${thread} ${FRAMES_MAX}`);
      const last = Math.min(Number(numberIn(depth) ?? 0n), from + count) - 1;
      if (last < from) return [];
      const { stack } = await this.#mi.command(`-stack-list-frames --thread ${thread} ${from} ${last}`);
      listed = listIn(stack).map(tupleIn);
    } catch (error) {
      if (!(error instanceof MiError)) throw error;
      listed = await this.#framesAsFar(thread, from, count);
    }
    return listed.map((frame) => this.#frameOf(frame));
  }

  locals(thread: number, frame: number): Promise<readonly Shown[]> {
    return this.#variables.locals({ thread, frame });
  }
  evaluate(expression: string, at: { readonly thread: number; readonly frame: number } | undefined): Promise<Shown> {
    return this.#variables.evaluate(expression, at);
  }

  async locate(
    expression: string,
    at: { readonly thread: number; readonly frame: number } | undefined,
  ): Promise<Watched> {
    const ask = async (what: string): Promise<bigint> => {
      const { value } = await this.#mi.command(`-data-evaluate-expression${inFrame(at)} ${quoted(what)}`);
      const number = numberIn(value);
      if (number === undefined) throw new MiError(`${expression} has no place in memory`);
      return number;
    };
    return {
      address: await ask(`(unsigned long)&(${expression})`),
      length: Number(await ask(`sizeof(${expression})`)),
    };
  }

  /** gdb keeps what it has read; after a word that moves in time it is told to look again. */
  async command(line: string): Promise<string> {
    const { target, ports } = this.#parts;
    const before = target.now;
    target.begin(/^(reverse-)?(c|continue|fg|rc|finish)\b/.test(line));
    const said = await this.#mi.console(line);
    if (target.now === before || this.#running || !/^mon/.test(line)) return said;
    await this.#variables.forget();
    await this.#mi.command(`-interpreter-exec console "maintenance flush register-cache"`);
    await this.#breakpoints.lookAgain();
    const [frame] = await this.frames(1, 0, 1);
    this.#hasLines = frame?.line !== undefined;
    ports.stopped({ reason: 'goto', thread: 1 });
    return said.replace(/^gdb shows it after: .*\n/m, '');
  }

  breakInFile(path: string, wanted: readonly (Wanted & { readonly line: number })[]): Promise<readonly Placed[]> {
    return this.#breakpoints.inFile(path, wanted);
  }
  breakAtFunctions(wanted: readonly (Wanted & { readonly name: string })[]): Promise<readonly Placed[]> {
    return this.#breakpoints.atFunctions(wanted);
  }
  breakAtAddresses(
    kind: string,
    wanted: readonly (Wanted & { readonly address: bigint })[],
  ): Promise<readonly Placed[]> {
    return this.#breakpoints.atAddresses(kind, wanted);
  }
  watch(wanted: Parameters<Debugger['watch']>[0]): Promise<readonly Placed[]> {
    return this.#breakpoints.watch(wanted);
  }
  close(): Promise<void> {
    return this.#parts.close();
  }

  #frameOf(frame: MiTuple): Frame {
    const address = numberIn(frame.addr) ?? 0n;
    const name = textIn(frame.func) ?? `0x${address.toString(16)}`;
    const path = this.#breakpoints.pathOf(textIn(frame.fullname));
    const line = numberIn(frame.line);
    if (path === undefined || line === undefined) return { name, address };
    return { name, address, path, line: Number(line) };
  }

  /** Where gdb cannot tell who called some frame it gives none of them at once: those before it, one by one. */
  async #framesAsFar(thread: number, from: number, count: number): Promise<readonly MiTuple[]> {
    const listed: MiTuple[] = [];
    for (let level = from; level < from + count; level++) {
      try {
        const { frame } = await this.#mi.command(`-stack-info-frame --thread ${thread} --frame ${level}`);
        listed.push(tupleIn(frame));
      } catch (error) {
        if (error instanceof MiError) break;
        throw error;
      }
    }
    return listed;
  }

  #stands({ frame }: MiTuple): void {
    this.#hasLines = this.#frameOf(tupleIn(frame)).line !== undefined;
  }
}

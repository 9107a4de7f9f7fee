/**
 * A recording debugged without gdb: instructions, symbols, memory. Lines, frames of optimized code and variables need
 * gdb. It owns where the program stands, which is where the timeline stands.
 *
 * Invariant: one operation at a time moves the timeline; `interrupt` makes it end where it is.
 */

import { UserError } from '../../../lib/errors.ts';
import { stepBackward } from '../../gdb/step-back.ts';
import { goOn, type Steps, stepForward } from '../../gdb/stepping.ts';
import { contextOf, isSameStrand } from '../../gdb/trap-context.ts';
import { backtrace } from '../../guest/backtrace.ts';
import { Interrupted, type Pace, type Progress, type Stop, type StopRequests } from '../../timeline/timeline.ts';
import type { Debugger, DebuggerPorts, Frame, Placed, RunAction, Shown, Watched } from '../debugger.ts';
import { eventText, historyText } from '../history-text.ts';
import type { MachineView } from '../machine-view.ts';
import { callAt } from './call-at.ts';
import { PlainConsole } from './plain-console.ts';
import { PlainExpressions } from './plain-expressions.ts';
import { PlainStops } from './plain-stops.ts';

export interface PlainParts {
  readonly view: MachineView;
  readonly ports: DebuggerPorts;
  /** Lets other things happen during long operations. */
  breathe(progress: Progress): Promise<void>;
  rested(): void;
  live(): Promise<string>;
}

const FRAMES_MAX = 64;
const NO_LINES = 'lines and variables need gdb-multiarch, which is not in use: break on a function or an address';

export class PlainDebugger implements Debugger {
  readonly knowsSource = false;
  readonly #parts: PlainParts;
  readonly #stops: PlainStops;
  readonly #expressions: PlainExpressions;
  readonly #console: PlainConsole;
  #interrupted = false;
  #working: Promise<void> = Promise.resolve();

  constructor(parts: PlainParts) {
    const { view } = parts;
    this.#parts = parts;
    this.#expressions = new PlainExpressions(view);
    this.#stops = new PlainStops(view.target, this.#expressions);
    this.#console = new PlainConsole(view.target, this.#pace, () => parts.live());
  }

  async run(action: RunAction): Promise<void> {
    const { ports, view, rested } = this.#parts;
    this.#interrupted = false;
    view.target.begin(action.kind === 'continue' || action.kind === 'out');
    const work = async (): Promise<void> => {
      let text: string | undefined;
      const { thread } = action;
      try {
        const stop = await this.#carryOut(action);
        rested.call(this.#parts);
        return ports.stopped({ thread, ...this.#note(stop) });
      } catch (error) {
        // A machine that does not do what the recording holds, for one: it stands where it came to.
        if (!(error instanceof Error)) throw error;
        text = error instanceof Interrupted ? undefined : error.message;
      }
      rested.call(this.#parts);
      ports.stopped({ reason: 'pause', thread, ...(text === undefined ? {} : { text }) });
    };
    this.#working = work();
  }

  interrupt(): void {
    this.#interrupted = true;
  }

  async frames(thread: number, from: number, count: number): Promise<readonly Frame[]> {
    const { view } = this.#parts;
    const [, ...callers] = thread === 1 ? backtrace(view.board, FRAMES_MAX) : [];
    const all = [view.register(thread - 1, 'pc'), ...callers.map(({ pc }) => pc)];
    return all.slice(from, from + count).map((address) => ({ name: view.functionAt(address), address }));
  }

  async locals(): Promise<readonly Shown[]> {
    return [];
  }
  async evaluate(expression: string): Promise<Shown> {
    return this.#expressions.shown(expression);
  }
  async locate(expression: string): Promise<Watched> {
    return this.#expressions.locate(expression);
  }

  /** A word of `monitor`, with or without that before it, or an expression. */
  async command(line: string): Promise<string> {
    const { view, ports } = this.#parts;
    if (!this.#console.knows(line)) return `${this.#expressions.shown(line).value}\n`;
    const before = view.target.now;
    this.#interrupted = false;
    const said = await this.#console.run(line);
    this.#parts.rested();
    if (view.target.now !== before) ports.stopped({ reason: 'goto', thread: 1 });
    return said;
  }

  async breakInFile(_path: string, wanted: readonly unknown[]): Promise<readonly Placed[]> {
    return wanted.map(() => ({ message: NO_LINES }));
  }
  async breakAtFunctions(wanted: Parameters<Debugger['breakAtFunctions']>[0]): Promise<readonly Placed[]> {
    return this.#stops.breakpoints(
      'functions',
      wanted.map((one) => ({ ...one, address: this.#parts.view.symbols.find(one.name)?.address })),
    );
  }
  async breakAtAddresses(
    kind: string,
    wanted: Parameters<Debugger['breakAtAddresses']>[1],
  ): Promise<readonly Placed[]> {
    return this.#stops.breakpoints(kind, wanted);
  }
  async watch(wanted: Parameters<Debugger['watch']>[0]): Promise<readonly Placed[]> {
    return this.#stops.watch(wanted);
  }

  async close(): Promise<void> {
    this.interrupt();
    await this.#working;
  }

  readonly #pace: Pace = {
    pause: async (progress) => {
      await this.#parts.breathe(progress);
      return !this.#interrupted;
    },
  };

  async #carryOut({ kind, reverse, thread }: RunAction): Promise<Stop> {
    const { target } = this.#parts.view;
    const hart = thread - 1;
    const steps: Steps = {
      target,
      hart,
      stops: this.#stops.requests,
      pace: this.#pace,
      intoTraps: this.#console.intoTraps,
    };
    if (kind === 'continue') {
      const go = async (): Promise<Stop> =>
        reverse ? await target.backward(steps.stops, target.start, this.#pace) : await goOn(steps);
      let stop = await go();
      while (!this.#stops.accepts(stop)) stop = await go();
      return stop;
    }
    if (reverse) return await stepBackward(steps);
    if (kind === 'out') return await this.#out(steps);
    const back = kind === 'over' ? callAt(target, hart) : undefined;
    return back === undefined ? await stepForward(steps) : await this.#until(back, steps);
  }

  /** To where this function was called from, as its frame pointer or the link register tells. UserError. */
  async #out(steps: Steps): Promise<Stop> {
    const { view } = this.#parts;
    const [, caller] = backtrace(view.board, 2);
    const link = view.register(steps.hart, 'ra');
    const isLinked = view.functionAt(link) !== view.functionAt(view.register(steps.hart, 'pc'));
    const pc = caller?.pc ?? (isLinked ? link : undefined);
    if (pc === undefined) throw new UserError('no-caller', 'who called this function is not known without gdb', '');
    return await this.#until(pc, steps, true);
  }

  /** To where the call that is to be made comes back: the same strand, at an address. */
  async #until(pc: bigint, steps: Steps, popped = false): Promise<Stop> {
    const { target, hart, stops, pace } = steps;
    const from = contextOf(target, hart);
    const requests: StopRequests = { ...stops, breakpoints: new Set([...(stops.breakpoints ?? []), pc]) };
    for (;;) {
      const stop = await target.forward(requests, target.end, pace);
      if (stop.kind !== 'breakpoint' || stop.pc !== pc || stops.breakpoints?.has(pc) === true) return stop;
      const now = contextOf(target, hart);
      const isBack = popped ? now.priv === from.priv && now.sp >= from.sp : isSameStrand(from, now);
      if (isBack) return { kind: 'limit', tick: target.now };
    }
  }

  #note(stop: Stop): Omit<Parameters<DebuggerPorts['stopped']>[0], 'thread'> {
    const { target } = this.#parts.view;
    switch (stop.kind) {
      case 'breakpoint':
        return { reason: 'breakpoint', breakpoints: this.#stops.at(stop.pc) };
      case 'watchpoint':
        return { reason: 'data breakpoint', ...this.#stops.watchedBy(stop) };
      case 'event':
        return { reason: 'exception', text: eventText(stop) };
      default: {
        const text = historyText(target);
        return text === undefined ? { reason: 'step' } : { reason: 'pause', text };
      }
    }
  }
}

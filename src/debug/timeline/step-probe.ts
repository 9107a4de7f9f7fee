/**
 * The plain probe: one step at a time, and a look at the machine before and after each. Slow; it needs nothing of the
 * engine, and says what any other probe must say.
 */

import { PAGE_BYTES } from '../../emu/cpu/memory-layout.ts';
import { Priv } from '../../emu/cpu/priv/fields.ts';
import type { Board } from '../../emu/machine/board.ts';
import type { RunResult } from '../../emu/machine/machine.ts';
import { type Tick, tick } from '../../lib/brands.ts';
import { type NextStep, nextStep, type Trap } from '../guest/next-step.ts';
import type { Probe, ProbeFactory } from './probe.ts';
import { type Reader, readerOf } from './register-reader.ts';
import type { Hit, StopEvent, StopReason, StopRequests, Watchpoint } from './stops.ts';
import { causeText, isCall } from './trap-text.ts';

export const stepProbe: ProbeFactory = (board, stops, after) => new StepProbe(board, stops, after);

class StepProbe implements Probe {
  readonly #board: Board;
  readonly #stops: StopRequests;
  readonly #after: Tick;
  readonly #registers: readonly { readonly field: string; readonly read: Reader }[];
  readonly #looksAhead: boolean;
  #hits: Hit[] = [];
  #stopped = false;
  /** Tick for which what is about to happen has been told. */
  #told: Tick | undefined;

  constructor(board: Board, stops: StopRequests, after: Tick) {
    this.#board = board;
    this.#stops = stops;
    this.#after = after;
    this.#registers = (stops.registers ?? []).map(({ field }) => ({ field, read: readerOf(board, field) }));
    this.#looksAhead = this.#wants('interrupt', 'exception', 'syscall') || this.#watchpoints.length > 0;
    if (this.#watchpoints.length > 0) board.ram.observer = (pa, length) => this.#written(BigInt(pa), length);
  }

  close(): void {
    this.#board.ram.observer = undefined;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  take(): readonly Hit[] {
    const hits = this.#hits;
    this.#hits = [];
    return hits;
  }

  run(until: Tick): RunResult {
    this.#stopped = false;
    for (;;) {
      const at = this.#board.tick;
      // Timers and alarms that are due now are raised before the look ahead.
      const still = this.#board.run(at);
      if (still !== 'limit' || at >= until) return still;
      const ahead = this.#ahead(at);
      if (this.#told !== at && ahead !== 'idle') {
        this.#told = at;
        if (this.#before(at, ahead)) return this.#stop('limit');
      }
      const result = this.#step(at, ahead);
      if (this.#board.tick === at || this.#stopped || result !== 'limit') return result;
    }
  }

  /** What the next step will do, where that is asked for or decides where it begins. */
  #ahead(at: Tick): NextStep | 'idle' | undefined {
    const [hart] = this.#board.harts;
    const pending = ((hart!.get('mip') | hart!.get('lines')) & hart!.get('mie')) !== 0n || hart!.get('timerDue') <= at;
    return this.#looksAhead || pending ? nextStep(this.#board) : undefined;
  }

  #before(at: Tick, ahead: NextStep | undefined): boolean {
    const found: StopReason[] = [];
    const pc = ahead?.pc ?? this.#board.pc;
    if (this.#stops.breakpoints?.has(pc) === true) found.push({ kind: 'breakpoint', pc });
    const interrupt = ahead?.interrupt;
    if (interrupt !== undefined && this.#wants('interrupt')) found.push(event('interrupt', interrupt));
    return this.#add(found, at, at);
  }

  #step(at: Tick, ahead: NextStep | 'idle' | undefined): RunResult {
    const board = this.#board;
    const priv = board.harts[0]!.get('priv');
    const values = this.#registers.map(({ read }) => read());
    const pc = ahead === undefined || ahead === 'idle' ? board.pc : ahead.pc;
    const result = board.run(tick(at + 1n));
    if (board.tick === at) return result;
    const found: StopReason[] = [];
    for (const watch of this.#watchpoints) {
      if (touched(watch, ahead)) found.push({ kind: 'watchpoint', watch, pc });
    }
    for (const [i, { field, read }] of this.#registers.entries()) {
      if (read() !== values[i]) found.push({ kind: 'register', field });
    }
    found.push(...this.#traps(ahead, priv));
    const byDevice = this.#hits.length > 0;
    return this.#add(found, tick(at + 1n), at) || byDevice ? this.#stop(result) : result;
  }

  /** A device writes to RAM, in the step that is being made or because of an input at this tick. */
  #written(pa: bigint, length: number): void {
    const { tick: at, pc } = this.#board;
    const hit = this.#watchpoints.filter((watch) => watch.on !== 'read' && meets(watch, pa, length));
    this.#add(
      hit.map((watch) => ({ kind: 'watchpoint', watch, pc })),
      tick(at + 1n),
      at,
    );
  }

  *#traps(ahead: NextStep | 'idle' | undefined, before: bigint): Generator<StopReason> {
    const exception = ahead === undefined || ahead === 'idle' ? undefined : ahead.exception;
    if (exception !== undefined) {
      const kind = isCall(exception.cause) ? 'syscall' : 'exception';
      if (this.#wants(kind)) yield event(kind, exception);
    }
    const priv = this.#board.harts[0]!.get('priv');
    if (priv === before || !this.#wants('privilege')) return;
    yield { kind: 'event', event: 'privilege', detail: `${modeName(before)} to ${modeName(priv)}` };
  }

  #add(found: readonly StopReason[], forwards: Tick, backwards: Tick): boolean {
    if (forwards <= this.#after || found.length === 0) return false;
    for (const reason of found) this.#hits.push({ reason, forwards, backwards });
    return true;
  }

  #stop(result: RunResult): RunResult {
    this.#stopped = true;
    return result;
  }

  get #watchpoints(): readonly Watchpoint[] {
    return this.#stops.watchpoints ?? [];
  }

  #wants(...events: readonly StopEvent[]): boolean {
    return events.some((one) => this.#stops.events?.has(one) === true);
  }
}

const event = (kind: StopEvent, trap: Trap): StopReason => ({ kind: 'event', event: kind, detail: causeText(trap) });
const modeName = (priv: bigint): string => Object.entries(Priv).find(([, value]) => value === priv)?.[0] ?? `${priv}`;

const meets = (watch: Watchpoint, pa: bigint, length: number): boolean =>
  pa < watch.pa + BigInt(watch.length) && watch.pa < pa + BigInt(length);

function touched(watch: Watchpoint, ahead: NextStep | 'idle' | undefined): boolean {
  if (ahead === undefined || ahead === 'idle') return false;
  return ahead.accesses.some(({ kind, va, pa, upper, width }) => {
    if (watch.on !== 'access' && watch.on !== kind) return false;
    if (upper === undefined) return meets(watch, pa, width);
    const lower = PAGE_BYTES - Number(va % BigInt(PAGE_BYTES));
    return meets(watch, pa, lower) || meets(watch, upper, width - lower);
  });
}

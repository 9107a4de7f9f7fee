/**
 * A probe that stops nowhere and tells every step: which instruction, what it read and wrote, which registers it
 * changed, which trap it took. For a timeline that goes forward; the replay is the same with it and without.
 */

import { F_OFFSET, fieldOffset, type HartField, stateFields, X_OFFSET } from '../../emu/cpu/hart-layout.ts';
import { fNames, xNames } from '../../emu/isa/register-names.ts';
import type { Board } from '../../emu/machine/board.ts';
import type { RunResult } from '../../emu/machine/machine.ts';
import { type Tick, tick } from '../../lib/brands.ts';
import { codeText } from '../guest/code.ts';
import { type MemoryAccess, type NextStep, nextStep } from '../guest/next-step.ts';
import { isRegister, readRegisters } from '../guest/registers.ts';
import type { SymbolTable } from '../guest/symbols.ts';
import { privilegeName } from '../inspect/csr-fields.ts';
import type { Probe, ProbeFactory } from '../timeline/probe.ts';
import type { StopRequests } from '../timeline/stops.ts';
import { causeText } from '../timeline/trap-text.ts';

export interface TraceStep {
  /** Steps before this one. */
  readonly tick: Tick;
  /** Taken just before: the instruction is the first one of its handler. */
  readonly interrupt: string | undefined;
  readonly privilege: string;
  readonly pc: bigint;
  readonly place: string | undefined;
  /** 16 or 32; undefined when the instruction could not be fetched. */
  readonly bits: number | undefined;
  readonly text: string;
  readonly accesses: readonly MemoryAccess[];
  /** Registers whose value is another one now, by name. */
  readonly changes: ReadonlyMap<string, bigint>;
  readonly exception: string | undefined;
}

/** Asked of a timeline so that it uses its probe; any stop that only a probe sees would do. */
export const EVERY_STEP: StopRequests = { registers: [{ field: 'pc' }] };

export const traceProbe =
  (symbols: SymbolTable, tell: (step: TraceStep) => void): ProbeFactory =>
  (board) =>
    new TraceProbe(board, symbols, tell);

/** Fields of the hart that are CSRs, by their names. */
const csrFields: readonly HartField[] = stateFields.filter(
  (field) => isRegister(field) && field !== 'pc' && field !== 'priv',
);
/** Where each register is in the hart's block, in words of 32 bits. */
const places: readonly (readonly [name: string, at: number])[] = [
  ...xNames.map((name, i) => [name, (X_OFFSET + 8 * i) / 4] as const),
  ...fNames.map((name, i) => [name, (F_OFFSET + 8 * i) / 4] as const),
  ...csrFields.map((field) => [field, fieldOffset(field) / 4] as const),
];
const WORDS = Math.max(...places.map(([, at]) => at)) + 2;

class TraceProbe implements Probe {
  readonly stopped = false;
  readonly #board: Board;
  /** The hart's block as far as registers go. */
  readonly #registers: Int32Array;
  readonly #symbols: SymbolTable;
  readonly #tell: (step: TraceStep) => void;

  constructor(board: Board, symbols: SymbolTable, tell: (step: TraceStep) => void) {
    this.#board = board;
    this.#registers = new Int32Array(board.memory.buffer, board.layout.hartAt(0), WORDS);
    this.#symbols = symbols;
    this.#tell = tell;
  }

  run(until: Tick): RunResult {
    const board = this.#board;
    for (;;) {
      const at = board.tick;
      // An alarm that is due now rises before the look ahead.
      const still = board.run(at);
      if (still !== 'limit' || at >= until) return still;
      const step = nextStep(board);
      const before = this.#registers.slice();
      const result = board.run(tick(at + 1n));
      if (board.tick === at) return result;
      if (step !== 'idle') this.#tell(this.#told(at, step, before));
      if (result !== 'limit') return result;
    }
  }

  take(): readonly never[] {
    return [];
  }
  close(): void {}

  #told(at: Tick, step: NextStep, before: Int32Array): TraceStep {
    const { interrupt, exception, pc, priv, bits, accesses } = step;
    return {
      tick: at,
      interrupt: interrupt === undefined ? undefined : causeText(interrupt),
      privilege: privilegeName(priv),
      pc,
      place: this.#symbols.nameOf(pc),
      bits,
      text: bits === undefined ? 'not fetched' : codeText(bits, pc, this.#symbols),
      accesses,
      changes: this.#changes(before),
      exception: exception === undefined ? undefined : causeText(exception),
    };
  }

  #changes(before: Int32Array): ReadonlyMap<string, bigint> {
    const after = this.#registers;
    const names: string[] = [];
    for (const [name, at] of places) {
      if (before[at] !== after[at] || before[at + 1] !== after[at + 1]) names.push(name);
    }
    return names.length === 0 ? new Map() : readRegisters(this.#board, names);
  }
}

/** Recordings whose inputs come at ticks that a test names, and sides of a comparison made of them. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { DiffOptions } from '../../../src/debug/diff/diff.ts';
import { diff } from '../../../src/debug/diff/diff.ts';
import type { MachineOf } from '../../../src/debug/diff/header-diff.ts';
import type { DiffReport } from '../../../src/debug/diff/report.ts';
import type { Subject } from '../../../src/debug/diff/subject.ts';
import { SymbolTable } from '../../../src/debug/guest/symbols.ts';
import { History } from '../../../src/debug/timeline/history.ts';
import type { EngineFactory } from '../../../src/emu/cpu/engine.ts';
import { createInterpreter } from '../../../src/emu/cpu/interpreter/interpreter.ts';
import { Board } from '../../../src/emu/machine/board.ts';
import type { Input } from '../../../src/emu/machine/events.ts';
import type { MachineConfig } from '../../../src/emu/machine/machine.ts';
import { zstd } from '../../../src/host/zstd.ts';
import { minOf } from '../../../src/lib/bigint.ts';
import { type Tick, tick } from '../../../src/lib/brands.ts';
import type { LogHeader } from '../../../src/logformat/header.ts';
import { LogReader } from '../../../src/logformat/reader.ts';
import { LogWriter } from '../../../src/logformat/writer.ts';
import { Doors } from '../../../src/session/doors.ts';
import { OpenGate } from '../../../src/session/gate.ts';
import { configFromCbor, configToCbor } from '../../../src/session/machine-config.ts';
import { Recorder } from '../../../src/session/recorder.ts';
import { Session } from '../../../src/session/session.ts';
import type { Grant, InputSource, Moment } from '../../../src/session/source.ts';
import { config } from '../../emu/machine/guest.ts';
import { sample } from '../../host/support.ts';
import { header, MemoryLog, sourceOf } from '../../logformat/support.ts';

export interface Timed {
  readonly at: bigint;
  readonly input: Input;
}

export interface Scenario {
  readonly kernel: string;
  readonly change?: Partial<MachineConfig>;
  /** In order of ticks. */
  readonly inputs?: readonly Timed[];
  /** The operator stops here. */
  readonly until?: bigint;
  readonly digestTicks?: LogHeader['digestTicks'];
  /** Changes the machine while it is recorded, unseen by the log. */
  readonly meddle?: Meddling;
  /** The kernel's bytes, when they are not the sample's. */
  readonly bytes?: Uint8Array;
}

export interface Meddling {
  readonly at: bigint;
  apply(board: Board): void;
}

export interface Scripted {
  readonly bytes: Uint8Array;
  readonly kernel: Uint8Array;
  readonly ticks: bigint;
}

export const typed = (at: bigint, text: string): Timed => ({
  at,
  input: { kind: 'console', device: 'uart', bytes: new TextEncoder().encode(text) },
});
export const clock = (at: bigint, time: bigint, rate = 1n << 20n): Timed => ({
  at,
  input: { kind: 'clock', time, rate },
});

const DIGEST_TICKS = { small: 1n << 16n, all: 1n << 18n };

export function recordScripted(scenario: Scenario): Scripted {
  const kernel = scenario.bytes ?? new Uint8Array(readFileSync(sample(scenario.kernel)));
  const machineConfig = config(scenario.change);
  const doors = new Doors();
  const board = new Board(machineConfig, { kernel }, doors, createInterpreter);
  const sink = new MemoryLog();
  const digestTicks = scenario.digestTicks ?? DIGEST_TICKS;
  const image = { sha256: new Uint8Array(createHash('sha256').update(kernel).digest()), size: kernel.length };
  const log = new LogWriter(sink, zstd, {
    ...header,
    machine: configToCbor(machineConfig),
    images: { kernel: { ...image, name: `${scenario.kernel}.elf` } },
    digestTicks,
  });
  const source = new Script(scenario);
  const gate = new OpenGate({ deliver: () => {} });
  const recorder = new Recorder({ machine: board, source, gate, log, digestTicks, elapsedNs: () => 0n });
  const { meddle } = scenario;
  const outer = meddle === undefined ? recorder : new Meddled(recorder, board, meddle);
  new Session(board, doors, outer, recorder).runToEnd();
  return { bytes: sink.bytes, kernel, ticks: board.tick };
}

const leastOf = (...ticks: readonly (bigint | undefined)[]): bigint =>
  ticks.filter((at) => at !== undefined).reduce(minOf);

/** Gives the inputs at their ticks; time goes by the machine's own clock. */
class Script implements InputSource {
  readonly #until: bigint;
  #inputs: readonly Timed[];

  constructor({ inputs = [], until = 1n << 40n }: Scenario) {
    this.#inputs = inputs;
    this.#until = until;
  }

  next(now: Moment): Grant | 'end' {
    if (now.tick >= this.#until) return 'end';
    if (now.state === 'waiting')
      throw new Error(`the guest waits at tick ${now.tick} for what the script does not give`);
    const due = this.#inputs.filter(({ at }) => at === now.tick);
    this.#inputs = this.#inputs.filter(({ at }) => at !== now.tick);
    return { inputs: due.map(({ input }) => input), until: tick(leastOf(this.#until, this.#inputs[0]?.at)) };
  }

  nondet(): bigint {
    return 0n;
  }
}

/** Changes the machine before anything else happens at a tick. */
class Meddled implements InputSource {
  readonly #inner: InputSource;
  readonly #board: Board;
  #meddle: Meddling | undefined;

  constructor(inner: InputSource, board: Board, meddle: Meddling) {
    this.#inner = inner;
    this.#board = board;
    this.#meddle = meddle;
  }

  next(now: Moment): Grant | 'end' | 'starved' {
    if (this.#meddle?.at === now.tick) {
      this.#meddle.apply(this.#board);
      this.#meddle = undefined;
    }
    const grant = this.#inner.next(now);
    return typeof grant === 'string' ? grant : { ...grant, until: tick(leastOf(grant.until, this.#meddle?.at)) };
  }

  nondet(...asked: Parameters<InputSource['nondet']>): bigint {
    return this.#inner.nondet(...asked);
  }
}

export interface SubjectOptions {
  readonly factory?: EngineFactory;
  readonly meddle?: Meddling | undefined;
  /** Another kernel than the recorded one. */
  readonly kernel?: Uint8Array;
}

/** A side made from a recording in memory. */
export function subjectOf(recorded: Scripted, options: SubjectOptions = {}): Subject {
  const reader = new LogReader(sourceOf(recorded.bytes), zstd);
  const history = new History(reader);
  const kernel = options.kernel ?? recorded.kernel;
  const machineConfig = configFromCbor(reader.header.machine);
  const { factory = createInterpreter, meddle } = options;
  return {
    info: { name: 'recorded', engine: 'interpreter', tool: reader.header.tool, ticks: history.end },
    machine: machineOf(reader.header, options.kernel),
    reader,
    history,
    symbols: SymbolTable.ofImages({ kernel }),
    start: () => {
      const doors = new Doors();
      const board = new Board(machineConfig, { kernel }, doors, factory);
      const fault = meddle && { tick: meddle.at as Tick, apply: () => meddle.apply(board) };
      return { board, doors, fault };
    },
  };
}

function machineOf(recorded: LogHeader, kernel: Uint8Array | undefined): MachineOf {
  if (kernel === undefined) return recorded;
  const sha256 = new Uint8Array(createHash('sha256').update(kernel).digest());
  return { machine: recorded.machine, images: { kernel: { sha256, size: kernel.length, name: 'other.elf' } } };
}

export const compare = (a: Subject, b: Subject, options: Partial<DiffOptions> = {}): Promise<DiffReport> =>
  diff({ a, b }, { oneLog: false, making: 'alike', followTicks: undefined, breathe: async () => {}, ...options });

/** A recording and a replay of it by something else. */
export const compareReplay = (
  recorded: Scripted,
  options: SubjectOptions,
  making: DiffOptions['making'] = 'other',
  followTicks?: bigint,
): Promise<DiffReport> =>
  compare(subjectOf(recorded), subjectOf(recorded, options), { oneLog: true, making, followTicks });

/** The primary's guest thread: records, with outputs covered by the log, as the pair's guest side does it. */

import type { Input, Output } from '../../../src/emu/machine/events.ts';
import { CoveredGate } from '../../../src/ft/guest/covered-gate.ts';
import { ProgressSource } from '../../../src/ft/guest/progress-source.ts';
import type { NumberedOutput } from '../../../src/ft/guest/units.ts';
import { LogWriter } from '../../../src/logformat/writer.ts';
import { Doors } from '../../../src/session/doors.ts';
import type { Gate } from '../../../src/session/gate.ts';
import { Recorder } from '../../../src/session/recorder.ts';
import { Session } from '../../../src/session/session.ts';
import { SimLiveSource } from '../guest/live-source.ts';
import type { SimMachine } from '../guest/machine.ts';
import type { Clockwork } from '../world/clockwork.ts';
import type { Random } from '../world/random.ts';
import { GuestThread, type Outcome } from './guest-thread.ts';
import { isLast, PLAIN, simHeader } from './log.ts';

export type Said =
  | { readonly kind: 'frame'; readonly sequence: number; readonly bytes: Uint8Array; readonly last: boolean }
  | { readonly kind: 'output'; readonly numbered: NumberedOutput }
  /** Needs no cover. */
  | { readonly kind: 'direct'; readonly output: Output };

export interface GuestParts {
  readonly clockwork: Clockwork;
  readonly ticksPerUs: number;
  readonly nowNs: () => bigint;
  readonly random: Random;
  readonly sliceNs: bigint;
  /** A machine behind these doors, for this thread. */
  readonly machine: (doors: Doors) => SimMachine;
  /** Puts something around the gate; for mutants. */
  readonly gate: (gate: Gate, leak: (output: Output) => void) => Gate;
  /** Each frame of the log as it is written. */
  readonly written: (sequence: number, bytes: Uint8Array) => void;
}

/** How long a progress record may be outstanding. */
const PROGRESS_NS = 2_000_000n;

export class PrimaryGuest extends GuestThread<Said> {
  readonly machine: SimMachine;
  readonly log: LogWriter;
  readonly #source: SimLiveSource;
  readonly #nowNs: () => bigint;
  protected readonly session: Session;
  #sequence = 0;

  constructor(parts: GuestParts, take: (said: Said) => void) {
    super(parts.clockwork, parts.ticksPerUs, take);
    const doors = new Doors();
    const machine = parts.machine(doors);
    this.machine = machine;
    this.#nowNs = parts.nowNs;
    this.#source = new SimLiveSource(machine, parts.nowNs, parts.random, parts.sliceNs);
    const sink = {
      write: (bytes: Uint8Array) => {
        const sequence = this.#sequence++;
        parts.written(sequence, bytes);
        this.say({ kind: 'frame', sequence, bytes, last: isLast(bytes) });
      },
    };
    const log = new LogWriter(sink, PLAIN, simHeader);
    this.log = log;
    const gate = new CoveredGate({
      flush: () => log.flush(),
      pass: (numbered) => this.say({ kind: 'output', numbered }),
      direct: (output) => {
        if (output.kind === 'entropy') this.#source.answer(output);
        else this.say({ kind: 'direct', output });
      },
    });
    const nowNs = parts.nowNs;
    const source = new ProgressSource({ source: this.#source, log, nowNs, intervalNs: PROGRESS_NS });
    const from = nowNs();
    const { digestTicks } = simHeader;
    const elapsedNs = (): bigint => this.#nowNs() - from;
    const recorder = new Recorder({ machine, source, gate: parts.gate(gate, () => {}), log, digestTicks, elapsedNs });
    this.session = new Session(machine, doors, recorder, recorder);
    this.handOver(0);
    this.wake();
  }

  /** From the main thread. */
  give(input: Input): void {
    this.#source.put(input);
    this.wake();
  }

  protected step(): Outcome {
    const result = this.session.step();
    switch (result.kind) {
      case 'ran':
        return 'again';
      case 'starved': {
        const { waitNs } = this.#source;
        return { sleepUs: waitNs === undefined ? undefined : Number(waitNs) / 1000 + 1 };
      }
      case 'diverged':
        throw new Error('a live guest cannot diverge');
      default:
        return 'done';
    }
  }
}

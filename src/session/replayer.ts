/**
 * Replays a log: a source that gives the logged inputs at their ticks, and a gate that compares what leaves with the
 * logged marks. Every record is used or compared; the first disagreement is a DivergenceError.
 *
 * Invariant: the machine never goes past the next record, so nothing happens to it that the log does not hold. A guest
 * that waits for something the log does not hold is a divergence, never a hang.
 *
 * A log may still be arriving (`records` gives undefined where the next record is not there yet). Then the machine goes
 * as far as the last record known and no further, or up to the one that is awaited where its tick is known, and the
 * answer is 'starved' until there is more.
 */

import type { Input, Output } from '../emu/machine/events.ts';
import type { Machine } from '../emu/machine/machine.ts';
import type { Tick } from '../lib/brands.ts';
import type { Counts, LogEnd } from '../logformat/closing.ts';
import type { Finish } from '../logformat/reader.ts';
import type { DigestRecord, LogRecord, NondetRecord, OutputRecord } from '../logformat/records.ts';
import { DivergenceError, type DivergenceKind } from './divergence.ts';
import type { Gate } from './gate.ts';
import { type Mark, Marks, type MarksState } from './marks.ts';
import { type BetweenRuns, type LogRecords, RecordQueue } from './record-queue.ts';
import type { Grant, InputSource, Moment } from './source.ts';
import { type InputRecord, inputOf, isInput } from './translate.ts';

export interface ReplayerParts {
  readonly machine: Machine;
  /** From tick 0, or from where the machine stands. `undefined`: the next is not there yet. */
  readonly records: LogRecords;
  /** Where outputs go after they are taken down; a ClosedGate in most uses. */
  readonly gate: Gate;
  /** Stops here: what the log holds at this tick is compared, its inputs are not applied. Without: to the end. */
  readonly until?: Tick;
  /** Where another replayer of the log was; `records` go on from there, and so does the machine. */
  readonly from?: ReplayerState;
}

/** Where a replayer is, besides the records that it has taken: at a tick whose inputs are not applied. */
export interface ReplayerState {
  readonly marks: MarksState;
  /** Last tick at which everything compared had agreed. */
  readonly agreed: Tick;
  /** Last tick at which all state had agreed, memory too: nothing before it is in doubt. */
  readonly proved: Tick;
}

export class Replayer implements InputSource, Gate {
  readonly #parts: ReplayerParts;
  readonly #queue: RecordQueue;
  readonly #marks: Marks;
  #agreed: Tick;
  #proved: Tick;
  #digests = 0;
  /** As ReplayerParts.until; may be moved between two steps of the session. */
  until: Tick | undefined;
  /** Asked about each input: true for the first of a tick stops before it, as `until` does. */
  stopBefore: ((record: InputRecord) => boolean) | undefined;

  constructor(parts: ReplayerParts) {
    this.#parts = parts;
    this.#queue = new RecordQueue(parts.records);
    this.#marks = new Marks(parts.from?.marks);
    this.#agreed = parts.from?.agreed ?? parts.machine.tick;
    this.#proved = parts.from?.proved ?? parts.machine.tick;
    this.until = parts.until;
  }

  save(): ReplayerState {
    return { marks: this.#marks.save(), agreed: this.#agreed, proved: this.#proved };
  }

  /** How the log finishes; undefined until the replay has come there. */
  get finish(): Finish | undefined {
    return this.#queue.finish;
  }

  /** Records of the log that have become history: the prefix that a recording going on from here shares. */
  get taken(): number {
    return this.#queue.taken;
  }

  /** Those, by kind: inputs given, reads answered, and what was compared and agreed. */
  get counts(): Counts {
    return this.#queue.counts;
  }

  /** State digests compared so far, all equal. */
  get digests(): number {
    return this.#digests;
  }

  /** What has left and no mark covered; goes to the recorder that goes on from here. */
  get marks(): Marks {
    return this.#marks;
  }

  next(now: Moment): Grant | 'end' | 'starved' {
    const { until } = this;
    this.#checkReadsMade(now.tick);
    const inputs: Input[] = [];
    for (let record = this.#queue.at(now.tick); record !== undefined; record = this.#queue.at(now.tick)) {
      if (record.tick < now.tick)
        throw new Error(`a ${record.kind} record at tick ${record.tick}, the machine is at ${now.tick}`);
      if (isInput(record)) {
        if (this.stopBefore?.(record) === true && inputs.length === 0) return 'end';
        if (until !== undefined && now.tick >= until) return 'end';
        if (now.state === 'halted') this.#haltedEarly(record);
        this.#checkAllMarked();
        inputs.push(inputOf(record));
      } else if (inputs.length > 0) {
        return { inputs, until: now.tick };
      } else {
        this.#compare(record);
      }
      this.#queue.take();
    }
    if (this.#queue.starved) return this.#atLastKnown(now, inputs);
    if (until !== undefined && now.tick >= until) return this.#atUntil(now, inputs);
    const stop = this.#queue.nextStop(now.tick);
    if (stop === undefined)
      return this.#queue.starved ? this.#atLastKnown(now, inputs) : this.#atLastRecord(now, inputs);
    this.#checkOwnMarks();
    const target = until !== undefined && until < stop ? until : stop;
    if (inputs.length === 0) this.#checkCanGoOn(now, target);
    return { inputs, until: target };
  }

  nondet(kind: number, at: Tick): bigint {
    const read = this.#queue.read;
    if (read === undefined || read.tick !== at || read.source !== kind) {
      const expected = read === undefined ? 'no read' : describeRead(read);
      const found = `read of kind ${kind} at tick ${at}`;
      throw this.#divergence(
        'nondet',
        at,
        expected,
        found,
        'the guest asks for a value at a moment when it did not ask for it while it was recorded',
      );
    }
    this.#queue.takeRead();
    return read.value;
  }

  offer(output: Output, at: Tick): void {
    this.#marks.add(output, at);
    this.#parts.gate.offer(output, at);
  }

  marked(): void {}

  applyFailed(input: Input, error: unknown): never {
    throw this.#divergence(
      'input',
      this.#parts.machine.tick,
      `a machine that can take this ${input.kind} input`,
      (error as Error).message,
      'the log gives the machine something that it did not ask for',
    );
  }

  #compare(record: Exclude<BetweenRuns, { kind: Input['kind'] }>): void {
    if (record.kind === 'output') this.#compareOutput(record);
    if (record.kind === 'digest') this.#compareDigest(record);
  }

  #compareOutput(record: OutputRecord): void {
    const mark = this.#marks.takeFor(record.device);
    if (mark !== undefined && mark.length === record.length && mark.digest === record.digest) return;
    const found = mark === undefined ? `nothing from ${record.device}` : describeMark(mark);
    throw this.#divergence(
      'output',
      record.tick,
      describeMark(record),
      found,
      'what leaves the machine is not what left it while it was recorded',
    );
  }

  #compareDigest(record: DigestRecord): void {
    this.#checkAllMarked();
    const found = this.#parts.machine.digest(record.scope);
    if (BigInt(`0x${found}`) === record.digest) {
      this.#agreed = record.tick;
      if (record.scope === 'all') this.#proved = record.tick;
      this.#digests++;
      return;
    }
    const what = record.scope === 'all' ? 'registers, devices or memory' : 'registers or devices';
    throw this.#divergence(
      'digest',
      record.tick,
      hex(record.digest),
      found,
      `${what} differ from what was recorded; the cause lies after tick ${this.#proved}`,
    );
  }

  /** Reads that the log holds for steps that are made by now must have been made. */
  #checkReadsMade(now: Tick): void {
    const read = this.#queue.read;
    if (read === undefined || read.tick >= now) return;
    throw this.#divergence(
      'nondet',
      read.tick,
      describeRead(read),
      'no such read',
      'the guest did not ask for a value that it asked for while it was recorded',
    );
  }

  /**
   * Packets and requests have marks at their own tick: one that is left over when its tick is done is not in the log.
   */
  #checkOwnMarks(): void {
    this.#refuse(this.#marks.take());
  }

  /** Before an input or a digest the recorder has marked everything. */
  #checkAllMarked(): void {
    this.#marks.close();
    this.#refuse(this.#marks.take());
  }

  #refuse([extra]: readonly Mark[]): void {
    if (extra === undefined) return;
    throw this.#divergence(
      'output',
      extra.tick,
      `no output of ${extra.device} here`,
      describeMark(extra),
      'something leaves the machine that did not leave it while it was recorded',
    );
  }

  #checkCanGoOn(now: Moment, target: Tick): void {
    if (now.state === 'halted') {
      throw this.#divergence(
        'halt',
        now.tick,
        `a machine that runs until tick ${target} at least`,
        this.#halt(),
        'the guest stopped before it stopped while it was recorded',
      );
    }
    if (now.state !== 'waiting') return;
    throw this.#divergence(
      'idle',
      now.tick,
      `steps until tick ${target}`,
      'every hart waits',
      'the guest waits for something that the log does not hold',
    );
  }

  #haltedEarly(record: LogRecord): never {
    throw this.#divergence(
      'halt',
      record.tick,
      `a machine that takes a ${record.kind} input`,
      this.#halt(),
      'the guest stopped before it stopped while it was recorded',
    );
  }

  /** No input is left at this tick; where the log ends with it, its end is compared too. */
  #atUntil(now: Moment, inputs: readonly Input[]): 'end' {
    const { finish } = this.#queue;
    const last = finish?.kind === 'end' && finish.end.ticks === now.tick && this.#queue.read === undefined;
    if (last && inputs.length === 0) this.#compareEnd(now, finish.end);
    return 'end';
  }

  /** All records that are there are taken or are reads of steps ahead. Inputs of one tick come together (Recorder). */
  #atLastKnown(now: Moment, inputs: readonly Input[]): Grant | 'starved' {
    if (inputs.length > 0) return { inputs, until: now.tick };
    const last = this.#queue.awaitedTick ?? this.#queue.lastRead?.tick ?? now.tick;
    const target = this.until !== undefined && this.until < last ? this.until : last;
    if (now.tick >= target) return 'starved';
    this.#checkCanGoOn(now, target);
    return { inputs, until: target };
  }

  /** All records are taken or are reads of steps ahead. */
  #atLastRecord(now: Moment, inputs: readonly Input[]): Grant | 'end' {
    const finish = this.#queue.finish!;
    if (inputs.length > 0) return { inputs, until: now.tick };
    const { until } = this;
    const last = finish.kind === 'end' ? finish.end.ticks : (this.#queue.lastRead?.tick ?? now.tick);
    const target = until !== undefined && until < last ? until : last;
    if (now.tick < target) {
      this.#checkCanGoOn(now, target);
      return { inputs, until: target };
    }
    if (finish.kind === 'end') this.#compareEnd(now, finish.end);
    return 'end';
  }

  #compareEnd(now: Moment, end: LogEnd): void {
    if (end.repaired) return;
    this.#checkAllMarked();
    const found = now.state === 'halted' ? this.#halt() : 'a running machine';
    const expected = end.halt === undefined ? 'a running machine' : describeHalt(end.halt);
    if (found !== expected)
      throw this.#divergence(
        'halt',
        now.tick,
        expected,
        found,
        'the guest does not end as it ended while it was recorded',
      );
    const digest = this.#parts.machine.digest('all');
    if (end.digest !== undefined && BigInt(`0x${digest}`) !== end.digest) {
      throw this.#divergence(
        'digest',
        now.tick,
        hex(end.digest),
        digest,
        `the final state differs from what was recorded; the cause lies after tick ${this.#proved}`,
      );
    }
    this.#agreed = now.tick;
    if (end.digest !== undefined) this.#proved = now.tick;
  }

  #halt(): string {
    const { halt } = this.#parts.machine;
    return halt === undefined ? 'a running machine' : describeHalt(halt);
  }

  #divergence(kind: DivergenceKind, tick: Tick, expected: string, found: string, explanation: string): DivergenceError {
    return new DivergenceError({
      kind,
      tick,
      agreedTick: this.#agreed,
      provedTick: this.#proved,
      pc: this.#parts.machine.pc,
      expected,
      found,
      explanation,
    });
  }
}

const hex = (digest: bigint): string => digest.toString(16).padStart(16, '0');
const describeHalt = ({ reason, code }: { reason: string; code: number }): string =>
  `stopped (${reason}) with code ${code}`;
const describeMark = ({ device, length, digest }: Omit<Mark, 'tick'>): string =>
  `${length} bytes from ${device}, digest ${hex(digest)}`;
const describeRead = ({ source, tick }: NondetRecord): string => `read of kind ${source} at tick ${tick}`;

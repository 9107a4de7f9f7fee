/**
 * Records a session: decorates its source and its gate, and writes what goes through either to the log. It changes
 * nothing but the length of runs, which stop at digest ticks.
 *
 * Order in the log at one tick: output marks of the slice that ends, the state digest, the inputs, the marks of what
 * the inputs made, the reads of the step that begins. A gate that waits for marks hears of one after it is in the log.
 * The inputs of one grant are in one frame, so that whoever has one of them has all.
 */

import type { Input, Output } from '../emu/machine/events.ts';
import type { Machine } from '../emu/machine/machine.ts';
import { type Tick, tick } from '../lib/brands.ts';
import type { DigestScope } from '../logformat/records.ts';
import type { LogWriter } from '../logformat/writer.ts';
import type { Gate } from './gate.ts';
import { Marks } from './marks.ts';
import type { Grant, InputSource, Moment } from './source.ts';
import { recordOf } from './translate.ts';

export interface RecorderParts {
  readonly machine: Machine;
  readonly source: InputSource;
  readonly gate: Gate;
  readonly log: Pick<LogWriter, 'append' | 'appendAll' | 'events' | 'close'>;
  /** As in the log's header. `all` is a multiple of `small`. */
  readonly digestTicks: { readonly small: bigint; readonly all: bigint };
  /** Host time since the recording began, nanoseconds; for the end frame. */
  readonly elapsedNs: () => bigint;
  /** What a replayer has seen leave and no mark covers, when the recording goes on from a replay. */
  readonly marks?: Marks;
  readonly checkpoints?: RecordedCheckpoints;
}

/** Who puts checkpoints into the recording, and says when. */
export interface RecordedCheckpoints {
  /** Asked at the end of each slice. */
  due(now: Tick): boolean;
  /** Writes one of this moment, after which everything in the log so far has happened and nothing else. */
  write(): void;
  /** The same at the end, unless there is one already. */
  writeLast(): void;
  /** Each output, in order. */
  heard(output: Output): void;
}

export class Recorder implements InputSource, Gate {
  readonly #parts: RecorderParts;
  readonly #marks: Marks;
  #digestedAt: Tick | undefined;
  /** Tick of the last input. */
  #inputAt: Tick | undefined;
  #closed = false;

  constructor(parts: RecorderParts) {
    const { small, all } = parts.digestTicks;
    if (small <= 0n || all % small !== 0n) throw new RangeError(`digest intervals ${small} and ${all} do not fit`);
    this.#parts = parts;
    this.#marks = parts.marks ?? new Marks();
    // A recording that goes on from a replay has the digest of this tick already.
    this.#digestedAt = parts.marks === undefined ? undefined : parts.machine.tick;
    this.#inputAt = this.#digestedAt;
  }

  /** Whether the end frame is written. */
  get closed(): boolean {
    return this.#closed;
  }

  next(now: Moment): Grant | 'end' | 'starved' {
    if (this.#closed) return 'end';
    const { source, log, digestTicks } = this.#parts;
    this.settle(now.tick);
    if (now.state !== 'halted' && this.#inputAt !== now.tick) this.#checkpoint(now.tick);
    const grant = source.next(now);
    if (grant === 'starved') return grant;
    if (grant === 'end' || now.state === 'halted') {
      this.close();
      return 'end';
    }
    if (grant.inputs.length > 0) this.#inputAt = now.tick;
    log.appendAll(grant.inputs.map((input) => recordOf(input, now.tick)));
    const nextDigest = tick(now.tick - (now.tick % digestTicks.small) + digestTicks.small);
    return grant.until > nextDigest ? { inputs: grant.inputs, until: nextDigest } : grant;
  }

  /**
   * The slice that has come to `at` is in the log with all that has left, and the digest of `at` where one is due: a
   * recorder with new marks may go on from here in the same log.
   */
  settle(at: Tick): void {
    this.#marks.close();
    this.#mark(at);
    this.#parts.gate.sliceEnded?.();
    if (at % this.#parts.digestTicks.small === 0n && this.#digestedAt !== at) this.#digest(at);
  }

  nondet(kind: number, at: Tick): bigint {
    const value = this.#parts.source.nondet(kind, at);
    this.#parts.log.append({ kind: 'nondet', tick: at, source: kind, value });
    return value;
  }

  applyFailed(input: Input, error: unknown): void {
    this.#parts.source.applyFailed?.(input, error);
  }

  offer(output: Output, at: Tick): void {
    this.#parts.checkpoints?.heard(output);
    const ownMark = this.#marks.add(output, at);
    this.#parts.gate.offer(output, at);
    if (ownMark) this.#mark(at);
  }

  /** Marks are numbered here. */
  marked(): void {}

  /** Ends the recording where the machine stands: last marks, final digest, index and end. Only once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { machine, log, elapsedNs, checkpoints } = this.#parts;
    this.#marks.close();
    this.#mark(machine.tick);
    this.#parts.gate.sliceEnded?.();
    if (this.#inputAt !== machine.tick) checkpoints?.writeLast();
    log.close({
      ticks: machine.tick,
      time: machine.time,
      elapsedNs: elapsedNs(),
      digest: BigInt(`0x${machine.digest('all')}`),
      halt: machine.halt,
      repaired: false,
      engineTicks: machine.engineTicks,
    });
  }

  #mark(at: Tick): void {
    const { log, gate } = this.#parts;
    for (const { device, length, digest } of this.#marks.take()) {
      log.append({ kind: 'output', tick: at, device, length, digest });
      gate.marked(device, log.events.output ?? 0);
    }
  }

  #checkpoint(at: Tick): void {
    const { checkpoints } = this.#parts;
    if (checkpoints?.due(at) === true) checkpoints.write();
  }

  #digest(at: Tick): void {
    const { machine, log, digestTicks } = this.#parts;
    const scope: DigestScope = at % digestTicks.all === 0n ? 'all' : 'small';
    log.append({ kind: 'digest', tick: at, scope, digest: BigInt(`0x${machine.digest(scope)}`) });
    this.#digestedAt = at;
  }
}

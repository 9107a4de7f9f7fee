/**
 * What a recording gives a machine that may do otherwise than the recorded one: its inputs at their ticks, without
 * comparing anything. Where the machine cannot take what the recording holds, the run has come to its end.
 */

import type { Input } from '../../emu/machine/events.ts';
import { minOf } from '../../lib/bigint.ts';
import { type Tick, tick } from '../../lib/brands.ts';
import type { DigestRecord } from '../../logformat/records.ts';
import { RecordQueue } from '../../session/record-queue.ts';
import type { Grant, InputSource, Moment } from '../../session/source.ts';
import { inputOf, isInput } from '../../session/translate.ts';
import type { Cursor, History, Place } from '../timeline/history.ts';

/** A change made to the machine at a tick, before anything else happens there. */
export interface Fault {
  readonly tick: Tick;
  apply(): void;
}

/** Thrown through the machine: there is no going on. */
export class Stuck extends Error {
  override readonly name = 'Stuck';
}

/** What the machine's state should be at a tick, according to the recording. */
export type OnDigest = (record: DigestRecord) => void;

export class RunSource implements InputSource {
  /** The run stops here, before what goes in at this tick. */
  until: Tick = tick(0);
  onDigest: OnDigest | undefined;
  readonly #cursor: Cursor;
  readonly #queue: RecordQueue;
  #fault: Fault | undefined;

  /** From `place` of `history` on; records of earlier ticks than the machine's are passed over. */
  constructor(history: History, place: Place, fault?: Fault) {
    this.#cursor = history.from(place);
    this.#queue = new RecordQueue(this.#cursor);
    this.#fault = fault;
  }

  /** Where in the log the run stands. */
  get place(): Place {
    return this.#cursor.placeAfter(this.#queue.taken);
  }

  next(now: Moment): Grant | 'end' {
    if (now.tick === this.#fault?.tick) {
      this.#fault.apply();
      this.#fault = undefined;
    }
    if (now.state === 'halted') return 'end';
    this.#passReads(now.tick);
    const inputs: Input[] = [];
    for (let record = this.#queue.at(now.tick); record !== undefined; record = this.#queue.at(now.tick)) {
      if (isInput(record) && record.tick === now.tick) {
        if (now.tick >= this.until) return 'end';
        inputs.push(inputOf(record));
      } else if (record.kind === 'digest' && record.tick === now.tick) {
        if (inputs.length > 0) return { inputs, until: now.tick };
        this.onDigest?.(record);
      }
      this.#queue.take();
    }
    if (now.tick >= this.until) return 'end';
    const stop = this.#queue.nextStop(now.tick);
    const stops = [this.until, stop, this.#fault?.tick].filter((at) => at !== undefined).filter((at) => at > now.tick);
    if (inputs.length === 0 && now.state === 'waiting') {
      throw new Stuck(`it waits for something at tick ${now.tick} that the recording does not hold`);
    }
    return { inputs, until: tick(stops.map(BigInt).reduce(minOf)) };
  }

  nondet(kind: number, at: Tick): bigint {
    this.#passReads(at);
    const { read } = this.#queue;
    if (read === undefined || read.tick !== at || read.source !== kind) {
      throw new Stuck(`it reads a value (kind ${kind}) at tick ${at} that the recording does not hold`);
    }
    this.#queue.takeRead();
    return read.value;
  }

  applyFailed(input: Input, error: unknown): never {
    throw new Stuck(`it cannot take the ${input.kind} input that the recording holds: ${(error as Error).message}`);
  }

  /** Reads recorded for steps that are made by now, and were not asked for. */
  #passReads(now: Tick): void {
    for (let { read } = this.#queue; read !== undefined && read.tick < now; { read } = this.#queue) {
      this.#queue.takeRead();
    }
  }
}

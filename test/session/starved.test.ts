import { describe, expect, it } from 'vitest';
import type { Input } from '../../src/emu/machine/events.ts';
import { zstd } from '../../src/host/zstd.ts';
import { tick } from '../../src/lib/brands.ts';
import type { Finish } from '../../src/logformat/reader.ts';
import type { LogRecord } from '../../src/logformat/records.ts';
import { LogWriter } from '../../src/logformat/writer.ts';
import { Doors } from '../../src/session/doors.ts';
import { ClosedGate, OpenGate } from '../../src/session/gate.ts';
import { Recorder } from '../../src/session/recorder.ts';
import { Replayer } from '../../src/session/replayer.ts';
import { Session } from '../../src/session/session.ts';
import { isInput } from '../../src/session/translate.ts';
import { header, MemoryLog } from '../logformat/support.ts';
import { readLog, record } from './support.ts';
import { ToyMachine, type ToyOptions } from './toy-machine.ts';

/** Records that are there up to `known`. */
class Arriving implements Iterator<LogRecord | undefined, Finish> {
  known = 0;
  readonly #records: readonly LogRecord[];
  readonly #finish: Finish;
  #at = 0;

  constructor(records: readonly LogRecord[], finish: Finish) {
    this.#records = records;
    this.#finish = finish;
  }

  get newest(): bigint {
    return this.#records[Math.min(this.known, this.#records.length) - 1]?.tick ?? 0n;
  }

  next(): IteratorResult<LogRecord | undefined, Finish> {
    if (this.#at >= this.known) return { done: false, value: undefined };
    const value = this.#records[this.#at++];
    return value === undefined ? { done: true, value: this.#finish } : { done: false, value };
  }
}

function follower(arriving: Iterator<LogRecord | undefined, Finish>, options: ToyOptions) {
  const doors = new Doors();
  const machine = new ToyMachine(doors, options);
  const replayer = new Replayer({ machine, records: arriving, gate: new ClosedGate() });
  return { machine, replayer, session: new Session(machine, doors, replayer, replayer) };
}

describe.each(['host', 'ticks', 'exact'] as const)('a replay of a log that is arriving, clock %s', (clock) => {
  const options: ToyOptions = { clock, lastTick: 6000n };

  it.each([1, 2, 3])('comes to the newest record, never past it, and says that it is starved; seed %i', (seed) => {
    const recording = record(seed, options);
    const { records, finish } = readLog(recording.bytes);
    const arriving = new Arriving(records, finish);
    const { machine, session, replayer } = follower(arriving, options);
    // Inputs of one tick come together, as in the recorder's frames.
    const whole = (i: number): boolean => records[i] === undefined || records[i].tick > records[i - 1]!.tick;
    for (let known = 0; known <= records.length; known++) {
      if (known > 0 && !whole(known)) continue;
      arriving.known = known;
      let result = session.step();
      for (; result.kind === 'ran'; result = session.step()) expect(machine.tick).toBeLessThanOrEqual(arriving.newest);
      expect(result).toEqual({ kind: 'starved' });
      expect(session.step()).toEqual({ kind: 'starved' });
      expect(machine.tick).toBe(arriving.newest);
      expect(replayer.finish).toBeUndefined();
    }
    expect(machine.halt).toBeDefined();
    arriving.known++;
    expect(session.runToEnd()).toEqual(recording.result);
    expect(machine.digest('all')).toBe(recording.machine.digest('all'));
    expect(replayer.digests).toBe(records.filter(({ kind }) => kind === 'digest').length);
  });
});

/** Each record is there when it is asked for a second time. */
function* stuttering(records: readonly LogRecord[], finish: Finish): Generator<LogRecord | undefined, Finish> {
  let last: LogRecord | undefined;
  for (const record of records) {
    const together = last !== undefined && isInput(last) && isInput(record) && last.tick === record.tick;
    if (!together) yield undefined;
    yield record;
    last = record;
  }
  yield undefined;
  return finish;
}

it.each(['host', 'ticks', 'exact'] as const)('a replay is the same however late each record is, clock %s', (clock) => {
  const options: ToyOptions = { clock, lastTick: 6000n };
  for (let seed = 1; seed <= 4; seed++) {
    const recording = record(seed, options);
    const { records, finish } = readLog(recording.bytes);
    const { machine, session } = follower(stuttering(records, finish), options);
    let result = session.step();
    while (result.kind === 'ran' || result.kind === 'starved') result = session.step();
    expect(result).toEqual(recording.result);
    expect(machine.digest('all')).toBe(recording.machine.digest('all'));
  }
});

describe('a session', () => {
  it('that is run to its end refuses a source that starves', () => {
    const { session } = follower(new Arriving([], { kind: 'cut', offset: 0, reason: '' }), {
      clock: 'host',
      lastTick: 10n,
    });
    expect(() => session.runToEnd()).toThrow('nobody is there to feed the source');
  });

  it('records the inputs of one moment in one frame, however large, so that a follower has them together', () => {
    const options: ToyOptions = { clock: 'host', lastTick: 50n };
    const frames: Uint8Array[] = [];
    const sink = new MemoryLog();
    const write = (bytes: Uint8Array): void => {
      frames.push(bytes);
      sink.write(bytes);
    };
    const log = new LogWriter({ write }, zstd, header);
    const large = (fill: number): Input => ({
      kind: 'packet',
      device: 'virtio1',
      frame: new Uint8Array(100_000).fill(fill),
    });
    const doors = new Doors();
    const machine = new ToyMachine(doors, options);
    const source = {
      next: () => ({ inputs: machine.tick === 0n ? [1, 2, 3].map(large) : [], until: tick(machine.tick + 10n) }),
      nondet: () => 0n,
    };
    const gate = new OpenGate({ deliver: () => {} });
    const { digestTicks } = header;
    const recorder = new Recorder({ machine, source, gate, log, digestTicks, elapsedNs: () => 0n });
    const session = new Session(machine, doors, recorder, recorder);
    session.step();
    // The header, and what came at tick 0: at once, because it is much.
    expect(frames.length).toBe(2);
    const { records } = readLog(sink.bytes);
    expect(records.filter(({ kind }) => kind === 'packet').length).toBe(3);
  });
});

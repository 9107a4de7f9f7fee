/** Records and replays toy machines. */
import { zstd } from '../../src/host/zstd.ts';
import { type Tick, tick } from '../../src/lib/brands.ts';
import { type Finish, LogReader } from '../../src/logformat/reader.ts';
import type { LogRecord } from '../../src/logformat/records.ts';
import { LogWriter } from '../../src/logformat/writer.ts';
import { Doors } from '../../src/session/doors.ts';
import { ClosedGate, OpenGate } from '../../src/session/gate.ts';
import { Recorder } from '../../src/session/recorder.ts';
import { Replayer } from '../../src/session/replayer.ts';
import { Session, type StepResult } from '../../src/session/session.ts';
import { header, MemoryLog, read, sourceOf } from '../logformat/support.ts';
import { ToyMachine, type ToyOptions } from './toy-machine.ts';
import { ToyWorld } from './toy-world.ts';

export interface Recording {
  readonly bytes: Uint8Array;
  readonly result: StepResult;
  readonly machine: ToyMachine;
  readonly world: ToyWorld;
}

export function record(seed: number, options: ToyOptions, stopAt?: Tick, flushEvery = 20): Recording {
  const doors = new Doors();
  const machine = new ToyMachine(doors, options);
  const world = new ToyWorld(seed, options.clock, stopAt);
  const sink = new MemoryLog();
  const log = new LogWriter(sink, zstd, header);
  const { digestTicks } = header;
  const recorder = new Recorder({
    machine,
    source: world,
    gate: new OpenGate(world),
    log,
    digestTicks,
    elapsedNs: () => world.ns,
  });
  const session = new Session(machine, doors, recorder, recorder);
  for (let step = 1; ; step++) {
    const result = session.step();
    if (step % flushEvery === 0 && !recorder.closed) log.flush();
    if (result.kind !== 'ran') return { bytes: sink.bytes, result, machine, world };
  }
}

export interface Replay {
  readonly result: Exclude<StepResult, { kind: 'ran' }>;
  readonly machine: ToyMachine;
  readonly session: Session;
  readonly replayer: Replayer;
}

/** `damageAt`: flips a bit of memory there. Refuses to go on for ever. */
export function replayRecords(
  records: Iterator<LogRecord, Finish>,
  options: ToyOptions,
  until?: Tick,
  damageAt?: bigint,
): Replay {
  const doors = new Doors();
  const machine = new ToyMachine(doors, options);
  const replayer = new Replayer({
    machine,
    records,
    gate: new ClosedGate(),
    ...(until === undefined ? {} : { until }),
  });
  const session = new Session(machine, doors, replayer, replayer);
  let damaged = damageAt === undefined;
  for (let steps = 0; steps < 1_000_000; steps++) {
    if (!damaged && machine.tick >= damageAt!) {
      machine.damage();
      damaged = true;
    }
    const result = session.step();
    if (result.kind !== 'ran') return { result, machine, session, replayer };
  }
  throw new Error('the replay does not end');
}

export const replay = (bytes: Uint8Array, options: ToyOptions, until?: Tick): Replay =>
  replayRecords(new LogReader(sourceOf(bytes), zstd).records(), options, until);

export const readLog = (bytes: Uint8Array): { records: LogRecord[]; finish: Finish } =>
  read(new LogReader(sourceOf(bytes), zstd));

export function* iterate(records: readonly LogRecord[], finish: Finish): Generator<LogRecord, Finish> {
  yield* records;
  return finish;
}

export const at = tick;

import { describe, expect, it } from 'vitest';
import { zstd } from '../../src/host/zstd.ts';
import { tick } from '../../src/lib/brands.ts';
import { LogWriter } from '../../src/logformat/writer.ts';
import { Doors } from '../../src/session/doors.ts';
import { OpenGate } from '../../src/session/gate.ts';
import { Recorder } from '../../src/session/recorder.ts';
import { Replayer } from '../../src/session/replayer.ts';
import { Session } from '../../src/session/session.ts';
import { header, MemoryLog } from '../logformat/support.ts';
import { iterate, readLog } from './support.ts';
import { ToyMachine } from './toy-machine.ts';
import { ToyWorld } from './toy-world.ts';

interface Noted {
  readonly at: bigint;
  readonly digest: string;
  /** Records in the log at this moment. */
  readonly records: number;
}

describe.each(['host', 'ticks', 'exact'] as const)('checkpoints of a recording, clock %s', (clock) => {
  it.each([1, 2, 3])('are of moments that a replay comes through, seed %i', (seed) => {
    const options = { clock, lastTick: 6000n };
    const doors = new Doors();
    const machine = new ToyMachine(doors, options);
    const world = new ToyWorld(seed, clock);
    const sink = new MemoryLog();
    const log = new LogWriter(sink, zstd, header);
    const noted: Noted[] = [];
    const checkpoints = {
      due: (now: bigint) => now > (noted.at(-1)?.at ?? -1n),
      write: () => {
        const records = Object.values(log.events).reduce((sum, count) => sum + count, 0);
        noted.push({ at: machine.tick, digest: machine.digest('all'), records });
      },
      writeLast: () => checkpoints.write(),
      heard: () => {},
    };
    const gate = new OpenGate(world);
    const { digestTicks } = header;
    const recorder = new Recorder({ machine, source: world, gate, log, digestTicks, elapsedNs: () => 0n, checkpoints });
    new Session(machine, doors, recorder, recorder).runToEnd();
    expect(noted.length).toBeGreaterThan(20);

    const { records, finish } = readLog(sink.bytes);
    const again = new Doors();
    const replayed = new ToyMachine(again, options);
    const offer = { offer: () => {}, marked: () => {} };
    const replayer = new Replayer({ machine: replayed, records: iterate(records, finish), gate: offer });
    const session = new Session(replayed, again, replayer, replayer);
    for (const { at, digest, records: count } of noted) {
      replayer.until = tick(at);
      expect(session.runToEnd().kind).not.toBe('diverged');
      expect({ at: replayed.tick, digest: replayed.digest('all'), records: replayer.taken }).toEqual({
        at,
        digest,
        records: count,
      });
      expect(replayer.save().marks).toEqual({ open: [], closed: [] });
    }
  });
});

describe('a replayer', () => {
  it('goes on from where another was', () => {
    const options = { clock: 'host', lastTick: 4000n } as const;
    const doors = new Doors();
    const world = new ToyWorld(5, 'host');
    const sink = new MemoryLog();
    const log = new LogWriter(sink, zstd, header);
    const recorded = new ToyMachine(doors, options);
    const { digestTicks } = header;
    const recorder = new Recorder({
      machine: recorded,
      source: world,
      gate: new OpenGate(world),
      log,
      digestTicks,
      elapsedNs: () => 0n,
    });
    new Session(recorded, doors, recorder, recorder).runToEnd();
    const { records, finish } = readLog(sink.bytes);

    const again = new Doors();
    const machine = new ToyMachine(again, options);
    const gate = { offer: () => {}, marked: () => {} };
    let replayer = new Replayer({ machine, records: iterate(records, finish), gate });
    let session = new Session(machine, again, replayer, replayer);
    let taken = 0;
    for (let until = 37n; until < 4000n; until += 97n) {
      replayer.until = tick(until);
      expect(session.runToEnd().kind).not.toBe('diverged');
      expect(machine.tick).toBe(until);
      taken += replayer.taken;
      replayer = new Replayer({ machine, records: iterate(records.slice(taken), finish), gate, from: replayer.save() });
      session = new Session(machine, again, replayer, replayer);
    }
    replayer.until = undefined;
    expect(session.runToEnd().kind).toBe('halted');
    expect(machine.digest('all')).toBe(recorded.digest('all'));
  });
});

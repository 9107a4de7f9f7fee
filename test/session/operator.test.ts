/** What the operator says to a guest, in any order and at any moment: it is in the log, and a replay does the same. */
import { expect, test } from 'vitest';
import type { EngineFactory } from '../../src/emu/cpu/engine.ts';
import { createInterpreter } from '../../src/emu/cpu/interpreter/interpreter.ts';
import { createReference } from '../../src/emu/cpu/reference/engine.ts';
import { createTranslator } from '../../src/emu/cpu/translator/translator.ts';
import { Board } from '../../src/emu/machine/board.ts';
import type { Input } from '../../src/emu/machine/events.ts';
import { zstd } from '../../src/host/zstd.ts';
import { tick } from '../../src/lib/brands.ts';
import { LogReader } from '../../src/logformat/reader.ts';
import { LogWriter } from '../../src/logformat/writer.ts';
import { Doors } from '../../src/session/doors.ts';
import { ClosedGate, OpenGate } from '../../src/session/gate.ts';
import { Recorder } from '../../src/session/recorder.ts';
import { Replayer } from '../../src/session/replayer.ts';
import { type FinalResult, Session } from '../../src/session/session.ts';
import type { InputSource } from '../../src/session/source.ts';
import { config, sample } from '../emu/machine/guest.ts';
import { header, MemoryLog, sourceOf } from '../logformat/support.ts';
import { readLog } from './support.ts';

const ENGINES: readonly (readonly [string, EngineFactory])[] = [
  ['reference', createReference],
  ['interpreter', createInterpreter],
  ['translator', createTranslator],
];
const END = 30_000n;

const boardOf = (doors: Doors, engine: EngineFactory): Board =>
  new Board(config({ clock: 'host' }), { kernel: sample('race') }, doors, engine);

/** An operator that is never content. `end`: where the recording stops. */
function restless(board: Board, seed: number, end = END): InputSource {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const word = (): Input[] => {
    const { suspended } = board.operator;
    switch (random(suspended ? 4 : 12)) {
      case 0:
        return [{ kind: 'suspend' }];
      case 1:
        return [{ kind: 'control', action: 'reset' }];
      case 2:
        return [{ kind: 'share', percent: 1 + random(100) }];
      case 3:
        return [{ kind: 'resume' }, ...(random(4) === 0 ? ([{ kind: 'suspend' }] as const) : [])];
      default:
        return [];
    }
  };
  return {
    next: (now) => {
      if (now.tick >= end) return 'end';
      const typed: Input[] =
        random(4) === 0 && board.consoleRoom('uart') > 0
          ? [{ kind: 'console', device: 'uart', bytes: Uint8Array.of(random(256)) }]
          : [];
      const anchor: Input[] = board.operator.suspended
        ? []
        : [{ kind: 'clock', time: now.time, rate: BigInt(1 + random(7)) << 26n }];
      return { inputs: [...anchor, ...word(), ...typed], until: tick(now.tick + BigInt(1 + random(3000))) };
    },
    nondet: () => 7n,
  };
}

function record(seed: number, engine: EngineFactory, sourceFor = restless): { board: Board; bytes: Uint8Array } {
  const doors = new Doors();
  const board = boardOf(doors, engine);
  const sink = new MemoryLog();
  const log = new LogWriter(sink, zstd, header);
  const gate = new OpenGate({ deliver: () => {} });
  const source = sourceFor(board, seed);
  const parts = { machine: board, source, gate, log, digestTicks: header.digestTicks, elapsedNs: () => 0n };
  const recorder = new Recorder(parts);
  const session = new Session(board, doors, recorder, recorder);
  for (let step = 0; session.step().kind === 'ran'; step++) if (step % 5 === 0) log.flush();
  return { board, bytes: sink.bytes };
}

function replay(bytes: Uint8Array, engine: EngineFactory): { board: Board; result: FinalResult; digests: number } {
  const doors = new Doors();
  const board = boardOf(doors, engine);
  const records = new LogReader(sourceOf(bytes), zstd).records();
  const replayer = new Replayer({ machine: board, records, gate: new ClosedGate() });
  const result = new Session(board, doors, replayer, replayer).runToEnd();
  return { board, result, digests: replayer.digests };
}

test.each(ENGINES)('recorded on the %s, replayed on every engine: the same at every digest', (_, engine) => {
  for (const seed of [1, 2]) {
    const { board, bytes } = record(seed, engine);
    const kinds = new Set(readLog(bytes).records.map(({ kind }) => kind));
    for (const kind of ['control', 'suspend', 'resume', 'share'] as const) expect(kinds).toContain(kind);
    for (const [name, other] of ENGINES) {
      const again = replay(bytes, other);
      expect(again.result, `seed ${seed} on the ${name}`).toEqual({ kind: 'ended' });
      expect(again.digests).toBeGreaterThan(25);
      expect(again.board.digest('all')).toBe(board.digest('all'));
      expect(again.board.operator).toEqual(board.operator);
    }
  }
});

/** Suspends at about `at`, and lets nothing happen for `waits` questions. */
function suspendedAt(at: bigint, waits: number, then: readonly Input[]): (board: Board) => InputSource {
  return (board) => {
    let left = waits;
    return {
      next: (now) => {
        const until = tick(now.tick + 1024n);
        if (now.tick < at) return { inputs: [], until };
        if (!board.operator.suspended && left === waits) return { inputs: [{ kind: 'suspend' }], until };
        if (left-- > 0) return { inputs: [], until };
        return left === -1 && then.length > 0 ? { inputs: then, until } : 'end';
      },
      nondet: () => 7n,
    };
  };
}

test('a suspended guest makes no step, and its time stands still, however often it is asked to run', () => {
  const { board, bytes } = record(1, createInterpreter, suspendedAt(5120n, 20, []));
  expect(board.tick).toBe(5120n);
  expect(board.run(tick(6000))).toBe('idle');
  expect([board.tick, board.nextTimer, board.skipIdle()]).toEqual([5120n, undefined, false]);
  // The log of a guest that stands still ends there, and its replay stands there too.
  const again = replay(bytes, createTranslator).board;
  expect([again.tick, again.operator.suspended]).toEqual([5120n, true]);
});

test('powered off while it is suspended, a guest ends there', () => {
  const { board, bytes } = record(
    1,
    createInterpreter,
    suspendedAt(5120n, 3, [{ kind: 'control', action: 'powerOff' }]),
  );
  expect(board.halt).toEqual({ reason: 'powerOff', code: 0 });
  const again = replay(bytes, createReference);
  expect([again.result.kind, again.board.tick]).toEqual(['halted', 5120n]);
});

test('reset while it is suspended, a guest stands still at its first instruction', () => {
  const { board } = record(1, createInterpreter, suspendedAt(5120n, 3, [{ kind: 'control', action: 'reset' }]));
  const fresh = boardOf(new Doors(), createInterpreter);
  expect([board.tick, board.pc, board.operator.suspended]).toEqual([5120n, fresh.pc, true]);
});

test('what the operator has set is in snapshots and digests, and as at power on in neither', () => {
  const fresh = (): Board => boardOf(new Doors(), createInterpreter);
  const board = fresh();
  const before = board.digest('all');
  expect(board.save()).not.toHaveProperty('operator');
  board.apply({ kind: 'suspend' });
  board.apply({ kind: 'share', percent: 30 });
  expect(board.digest('small')).not.toBe(fresh().digest('small'));
  const copy = fresh();
  copy.restore(board.save());
  expect([copy.operator, copy.digest('all')]).toEqual([{ suspended: true, sharePercent: 30 }, board.digest('all')]);
  for (const percent of [0, 101, 1.5]) expect(() => board.apply({ kind: 'share', percent })).toThrow(RangeError);
  board.apply({ kind: 'share', percent: 100 });
  board.apply({ kind: 'resume' });
  expect(board.digest('all')).toBe(before);
});

test('a log that has a suspended guest make steps is found out', () => {
  const doors = new Doors();
  const board = boardOf(doors, createInterpreter);
  const records = (function* () {
    yield { kind: 'suspend', tick: tick(100) } as const;
    yield { kind: 'progress', tick: tick(200) } as const;
    return { kind: 'cut', offset: 0, reason: 'made up' } as const;
  })();
  const replayer = new Replayer({ machine: board, records, gate: new ClosedGate() });
  const result = new Session(board, doors, replayer, replayer).runToEnd();
  expect(result).toMatchObject({ kind: 'diverged', divergence: { kind: 'idle', tick: 100n } });
});

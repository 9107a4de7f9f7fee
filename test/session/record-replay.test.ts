import { describe, expect, it } from 'vitest';
import { zstd } from '../../src/host/zstd.ts';
import { tick } from '../../src/lib/brands.ts';
import { LogReader } from '../../src/logformat/reader.ts';
import { LogWriter } from '../../src/logformat/writer.ts';
import { copyHistory, reissue } from '../../src/session/continue.ts';
import { OpenGate } from '../../src/session/gate.ts';
import { Recorder } from '../../src/session/recorder.ts';
import { header, MemoryLog, sourceOf } from '../logformat/support.ts';
import { readLog, record, replay, replayRecords } from './support.ts';
import type { ToyOptions } from './toy-machine.ts';
import { ToyWorld } from './toy-world.ts';

const CLOCKS = ['host', 'ticks', 'exact'] as const;

describe.each(CLOCKS)('a session with clock %s', (clock) => {
  const options: ToyOptions = { clock, lastTick: 40_000n };

  it('replays to the same state, halt and end', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const recording = record(seed, options);
      expect(recording.result).toMatchObject({ kind: 'halted', halt: { reason: 'finisher' } });
      const { result, machine, replayer } = replay(recording.bytes, options);
      expect(result).toEqual(recording.result);
      expect(machine.digest('all')).toBe(recording.machine.digest('all'));
      expect(replayer.finish).toMatchObject({ kind: 'end', end: { ticks: 40_000n } });
    }
  });

  it('records every kind of input, output and read', () => {
    const kinds = new Set(readLog(record(3, options).bytes).records.map(({ kind }) => kind));
    const expected = ['console', 'packet', 'disk', 'entropy', 'nondet', 'output', 'digest'];
    for (const kind of clock === 'ticks' ? expected : [...expected, 'clock']) expect(kinds).toContain(kind);
  });

  it('ends in the middle when the operator stops it, and replays to there', () => {
    const recording = record(5, options, tick(20_000));
    expect(recording.result.kind).toBe('ended');
    const { result, machine } = replay(recording.bytes, options);
    expect(result.kind).toBe('ended');
    expect(machine.digest('all')).toBe(recording.machine.digest('all'));
  });

  it('replays every prefix of whole frames up to its last record, and says that it was cut', () => {
    const { bytes } = record(7, options, undefined, 100);
    const offsets = [...new LogReader(sourceOf(bytes), zstd).frames()].map(({ offset }) => offset).slice(1);
    expect(offsets.length).toBeGreaterThan(3);
    for (const offset of offsets) {
      const { result, replayer } = replay(bytes.slice(0, offset), options);
      expect(result.kind).toBe(result.kind === 'halted' ? 'halted' : 'ended');
      expect(replayer.finish).toMatchObject({ kind: 'cut', offset });
    }
  });

  it('stops at exactly the tick asked for, with the state of that tick', () => {
    const { bytes } = record(9, options);
    for (const until of [0n, 1n, 4095n, 4096n, 12_345n, 39_999n]) {
      const first = replay(bytes, options, tick(until));
      expect(first.result.kind).toBe('ended');
      expect(first.machine.tick).toBe(until);
      expect(replay(bytes, options, tick(until)).machine.digest('all')).toBe(first.machine.digest('all'));
    }
  });

  it('catches a bit flipped in memory at the next full digest', () => {
    const { bytes } = record(11, options);
    const { result } = replayRecords(new LogReader(sourceOf(bytes), zstd).records(), options, undefined, 5000n);
    expect(result).toMatchObject({ kind: 'diverged', divergence: { kind: 'digest', tick: 8192n } });
    if (result.kind !== 'diverged') return;
    // The small digests on the way agree, and say nothing of memory.
    expect(result.divergence.agreedTick).toBeGreaterThan(5000n);
    expect(result.divergence.agreedTick).toBeLessThan(8192n);
    expect(result.divergence.provedTick).toBe(4096n);
    expect(result.divergence.explanation).toContain('after tick 4096');
  });

  it('goes on live from any tick with a recording that shares the history and replays', () => {
    const recording = record(13, options);
    for (const until of [undefined, tick(4096), tick(17_001)]) {
      const source = record(13, options, tick(30_000)).bytes;
      const { session, machine, replayer } = replay(source, options, until);
      const from = machine.tick;
      const reader = new LogReader(sourceOf(source), zstd);
      const sink = new MemoryLog();
      const log = new LogWriter(sink, zstd, { ...header, continuedAt: from });
      copyHistory(reader, log, replayer.taken);
      const world = new ToyWorld(99, clock, undefined, machine.time);
      const gate = new OpenGate(world);
      const { digestTicks } = header;
      const recorder = new Recorder({
        machine,
        source: world,
        gate,
        log,
        digestTicks,
        elapsedNs: () => 0n,
        marks: replayer.marks,
      });
      reissue(machine, gate);
      session.connect(recorder, recorder);
      expect(session.runToEnd()).toMatchObject({ kind: 'halted' });
      const second = replay(sink.bytes, options);
      expect(second.result).toMatchObject({ kind: 'halted' });
      expect(second.machine.digest('all')).toBe(machine.digest('all'));
      expect(machine.digest('all')).not.toBe(recording.machine.digest('all'));
      const history = (bytes: Uint8Array) =>
        readLog(bytes).records.filter((found) => found.tick < from && found.kind !== 'output');
      expect(history(sink.bytes)).toEqual(history(source));
    }
  });
});

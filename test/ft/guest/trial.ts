/** One life of a pair under a seed, and what must hold in it. */
import { expect } from 'vitest';
import type { Machine } from '../../../src/emu/machine/machine.ts';
import type { NumberedOutput } from '../../../src/ft/guest/units.ts';
import { zstd } from '../../../src/host/zstd.ts';
import { tick } from '../../../src/lib/brands.ts';
import { decodeChannelEvents } from '../../../src/logformat/events.ts';
import { decodeFrame, unpack } from '../../../src/logformat/frame.ts';
import type { LogHeader } from '../../../src/logformat/header.ts';
import { LogReader } from '../../../src/logformat/reader.ts';
import { Doors } from '../../../src/session/doors.ts';
import { ClosedGate } from '../../../src/session/gate.ts';
import { Replayer } from '../../../src/session/replayer.ts';
import { type FinalResult, Session } from '../../../src/session/session.ts';
import { sourceOf } from '../../logformat/support.ts';
import { ToyWorld } from '../../session/toy-world.ts';
import {
  BackupSide,
  type MachineFor,
  type MethodFor,
  PrimarySide,
  randomOf,
  roomy,
  shipped,
  type World,
} from './pair.ts';

export interface Trial {
  readonly machineFor: MachineFor;
  readonly clock: 'host' | 'ticks' | 'exact';
  readonly header: LogHeader;
  readonly seed: number;
  /** Rounds before the primary dies; without, it comes to its end. */
  readonly rounds?: number;
  /** Ticks that the backup lives on. */
  readonly liveTicks: bigint;
  /** Steps that the backup makes in a round, at most. */
  readonly pace: number;
  /** The backup reads disks itself: not always at once, and not always rightly. */
  readonly reads?: boolean;
  /** How the backup is kept in step; the log is shipped when left out. */
  readonly methodFor?: MethodFor;
}

/** The bytes, or packets, that each device has said. */
function spoken(outputs: readonly NumberedOutput[], device: string): { said: string[]; unit: bigint } {
  const of = outputs.filter((output) => output.device === device);
  const said = of.flatMap(({ output }) => {
    if (output.kind === 'console') return Array.from(output.bytes, String);
    return [output.kind === 'packet' ? output.frame.join() : ''];
  });
  return { said, unit: of.at(-1)?.unit ?? 0n };
}

function replayOffline(bytes: Uint8Array, machineFor: MachineFor): { result: FinalResult; digest: string } {
  const doors = new Doors();
  const machine = machineFor(doors);
  const records = new LogReader(sourceOf(bytes), zstd).records();
  const replayer = new Replayer({ machine, records, gate: new ClosedGate() });
  const result = new Session(machine, doors, replayer, replayer).runToEnd();
  expect(replayer.finish).toMatchObject({ kind: 'end', end: { ticks: machine.tick } });
  return { result, digest: machine.digest('all') };
}

/** The tick of the newest record, or of the end. */
function newestTick(frames: readonly Uint8Array[]): bigint {
  for (const bytes of frames.toReversed()) {
    const frame = decodeFrame(bytes);
    if (frame.kind === 'end') return frame.firstTick;
    const last = frame.kind === 'events' ? decodeChannelEvents(unpack(frame, zstd), frame.firstTick).at(-1) : undefined;
    if (last !== undefined) return last.tick;
  }
  return 0n;
}

/** What happened in a life, how often. */
export interface Lived {
  /** The backup had to wait. */
  readonly starved: number;
  /** The primary stood still. */
  readonly stood: number;
  /** The primary's reads that failed, and the backup's that came too early or were wrong. */
  readonly failed: number;
  readonly wrong: number;
  /** Bytes of the channel, and of the primary's own log. */
  readonly bytes: readonly [channel: number, own: number];
}

/** Plays a pair through, checks all that must hold, and gives how often the backup had to wait. */
export function tryPair(trial: Trial): Lived {
  const { machineFor, clock, header: head, seed, rounds, liveTicks, pace } = trial;
  const random = randomOf(seed);
  const intervalNs = BigInt(random(3)) * 2_000_000n;
  const methodFor = trial.methodFor ?? shipped(intervalNs);
  /** What was read, by request; of those that failed nothing. */
  const answers = new Map<number, Uint8Array>();
  let failed = 0;
  const answering = (world: World): World => ({
    get ns() {
      return world.ns;
    },
    deliver: (output) => world.deliver(output),
    nondet: (kind, at) => world.nondet(kind, at),
    next: (now) => {
      const grant = world.next(now);
      if (trial.reads !== true || typeof grant === 'string') return grant;
      const inputs = grant.inputs.map((input) => {
        if (input.kind !== 'disk' || input.data.length === 0) return input;
        if (random(8) > 0) {
          answers.set(input.request, input.data);
          return input;
        }
        failed++;
        return { ...input, status: 1, data: new Uint8Array(0) };
      });
      return { inputs, until: grant.until };
    },
  });
  const worldFor = (machine: Machine): World => answering(roomy(new ToyWorld(seed, clock), machine));
  const primary = new PrimarySide(machineFor, worldFor, head, methodFor, trial.reads);
  const backup = new BackupSide(machineFor);
  let sent = 0;
  let sentBytes = 0;
  let ended = false;
  let starved = 0;
  let stood = 0;
  let waited = 0;
  /** Sends up to `bytes` more of the channel, in pieces. */
  const send = (bytes: number): void => {
    const all = new Uint8Array(Buffer.concat(primary.frames().slice(sent)));
    let frameEnds = 0;
    const from = sentBytes;
    const to = Math.min(all.length, from + bytes);
    for (let at = from; at < to; ) {
      const size = Math.min(to - at, 1 + random(400));
      backup.receive(all.subarray(at, at + size));
      at += size;
    }
    sentBytes = to;
    for (const frame of primary.frames().slice(sent)) {
      if (frameEnds + frame.length > sentBytes) break;
      frameEnds += frame.length;
      sent++;
    }
    sentBytes -= frameEnds;
    expect(backup.channel.received).toBe(sent - 1);
  };
  primary.standStill = () => {
    send(Number.POSITIVE_INFINITY);
    primary.acknowledge(sent);
    expect(primary.held).toBe(0);
    stood++;
  };
  /** The backup's disk does some of what it is asked: what it does too early or wrongly it is asked again. */
  const read = (): void => {
    for (const { device, request, operation } of backup.asked.splice(0, 1 + random(4))) {
      const length = 'length' in operation ? operation.length : 0;
      const right = random(3) > 0 ? answers.get(request) : undefined;
      if (right === undefined) waited++;
      backup.reads.came(device, request, right ?? new Uint8Array(length));
    }
  };
  const work = (steps: number): void => {
    if (random(2) > 0) read();
    for (; steps > 0; steps--) {
      const result = backup.step();
      if (result.kind === 'diverged') throw new Error(`seed ${seed}: ${JSON.stringify(result.divergence, String)}`);
      if (result.kind === 'starved') starved++;
      if (result.kind !== 'ran') break;
    }
  };
  const lived = (): Lived => {
    const channel = primary.frames().reduce((sum, { length }) => sum + length, 0);
    return { starved, stood, failed, wrong: waited, bytes: [channel, primary.file.bytes.length] };
  };
  const doneRounds = rounds ?? Number.POSITIVE_INFINITY;
  for (let round = 0; round < doneRounds && !ended; round++) {
    for (let steps = random(6); steps > 0 && !ended; steps--) ended = primary.step().kind !== 'ran';
    if (random(3) > 0) send(random(3000));
    if (random(3) > 0) primary.acknowledge(random(4) === 0 ? Math.floor(random(sent + 1)) : sent);
    if (random(3) > 0) work(random(pace));
    if (round % 64 === 0 && sent > 0)
      expect(backup.machine.tick).toBeLessThanOrEqual(newestTick(primary.frames().slice(0, sent)));
  }
  const received = rounds === undefined ? Number.POSITIVE_INFINITY : random(3000);
  send(received);
  const whole = primary.frames().length === sent && ended;
  if (sent === 0) return lived();
  const covered = primary.covered(sent);
  const drained = backup.drain(read);
  if (drained.kind === 'diverged') throw new Error(`seed ${seed}: ${JSON.stringify(drained.divergence, String)}`);
  const prefix = primary.file.bytes;

  // What the backup said is what the primary said, and all of it that may have left.
  for (const device of new Set(primary.outputs().map((output) => output.device))) {
    const [all, left, again] = [
      spoken(primary.outputs(), device),
      spoken(covered, device),
      spoken(backup.outputs, device),
    ];
    expect(backup.gate.units.of(device)).toBeGreaterThanOrEqual(left.unit);
    if (device !== 'virtio0') {
      const common = Math.min(all.said.length, again.said.length);
      expect(again.said.slice(0, common)).toEqual(all.said.slice(0, common));
      expect(again.said.length).toBeGreaterThanOrEqual(left.said.length);
    }
  }
  for (const { device, unit } of backup.outputs) expect(backup.gate.units.of(device)).toBeGreaterThanOrEqual(unit);

  if (whole) {
    expect(drained.kind).toBe(primary.machine.halt === undefined ? 'ended' : 'halted');
    expect(Buffer.compare(backup.file.bytes, primary.file.bytes)).toBe(0);
    expect(backup.machine.digest('all')).toBe(primary.machine.digest('all'));
    for (const device of ['uart', 'virtio0', 'virtio1', 'virtio2'])
      expect(backup.gate.units.of(device)).toBe(primary.gate.units.of(device));
    expect(backup.channel).toMatchObject({ executed: sent - 1, unexecutedBytes: 0 });
    return lived();
  }
  expect(backup.machine.tick).toBe(newestTick(primary.frames().slice(0, sent)));
  expect(Buffer.compare(backup.file.bytes, prefix.subarray(0, backup.file.bytes.length))).toBe(0);
  const from = backup.machine.tick;
  const session = backup.goLive((machine) =>
    roomy(new ToyWorld(seed + 1, clock, tick(from + liveTicks), machine.time), machine),
  );
  expect(['ended', 'halted']).toContain(session.runToEnd().kind);
  const offline = replayOffline(backup.file.bytes, machineFor);
  expect(offline.digest).toBe(backup.machine.digest('all'));
  expect(offline.result.kind).toBe(backup.machine.halt === undefined ? 'ended' : 'halted');
  return lived();
}

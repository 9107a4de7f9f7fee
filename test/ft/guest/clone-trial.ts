/** A guest that is copied at a tick of a seed, followed, lost, and taken over: what must hold in it. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { putAtStart } from '../../../src/debug/timeline/start.ts';
import { createInterpreter } from '../../../src/emu/cpu/interpreter/interpreter.ts';
import { Board } from '../../../src/emu/machine/board.ts';
import { zstd } from '../../../src/host/zstd.ts';
import { tick } from '../../../src/lib/brands.ts';
import { LogReader } from '../../../src/logformat/reader.ts';
import { Doors } from '../../../src/session/doors.ts';
import { ClosedGate } from '../../../src/session/gate.ts';
import { Replayer } from '../../../src/session/replayer.ts';
import { Session } from '../../../src/session/session.ts';
import { config } from '../../emu/machine/guest.ts';
import { sample } from '../../host/support.ts';
import { schemaErrors } from '../../logformat/schema-check.ts';
import { header, sourceOf } from '../../logformat/support.ts';
import { ToyWorld } from '../../session/toy-world.ts';
import { type BoardFor, Copy, Source } from './clone.ts';
import { randomOf, roomy } from './pair.ts';

const LIVE_TICKS = 100_000n;
const change = {
  bootArgs: 'every=1',
  clock: 'host',
  devices: [{ type: 'entropy' }, { type: 'net', mac: Uint8Array.of(2, 0, 0, 0, 0, 1), mtu: 1500 }],
} as const;
const head = { ...header, digestTicks: { small: 1n << 14n, all: 1n << 16n } };

export function tryCopy(name: string, seed: number): void {
  const kernel = new Uint8Array(readFileSync(sample(name)));
  const boardFor: BoardFor = (ports) => new Board(config(change), { kernel }, ports, createInterpreter);
  const random = randomOf(seed);
  const source = new Source(boardFor, (board) => roomy(new ToyWorld(seed, 'host'), board), head, { kernel });
  const step = (): void => {
    const { kind } = source.step();
    if (kind !== 'ran') throw new Error(`seed ${seed}: it ${kind}`);
  };
  for (let steps = 20 + random(300); steps > 0; steps--) step();
  // With a pause of nothing it goes through many rounds.
  source.begin(seed % 3 === 0 ? 0 : 1e6);
  for (let slices = 0; !source.copy!.done; slices++) {
    if (slices > 20_000) throw new Error('the copy does not end');
    step();
  }
  let sent = source.frames.length;
  const copy = new Copy(boardFor, source.frames.slice());
  expect(copy.startTick).toBeLessThanOrEqual(source.board.tick);
  const follow = (): void => {
    const result = copy.follow(source.frames.slice(sent));
    sent = source.frames.length;
    if (result.kind === 'diverged') throw new Error(`seed ${seed}: ${JSON.stringify(result.divergence, String)}`);
    expect(result.kind).toBe('starved');
  };
  for (let rounds = 0; rounds < 30; rounds++) {
    for (let steps = random(20); steps > 0; steps--) step();
    follow();
  }
  expect(copy.replayer.digests).toBeGreaterThan(0);
  expect(copy.board.tick).toBeGreaterThan(copy.startTick);
  source.flush();
  follow();
  if (copy.board.tick === source.board.tick) expect(copy.board.digest('all')).toBe(source.board.digest('all'));
  for (const device of ['uart', 'virtio0', 'virtio1'])
    expect(copy.gate.units.of(device)).toBeLessThanOrEqual(source.gate.units.of(device));
  expect(schemaErrors(copy.file.bytes)).toEqual([]);

  // The source is lost: the copy lives on, and what it has written replays by itself, from where it begins to its end.
  const until = tick(copy.board.tick + LIVE_TICKS);
  const alive = copy.goLive((board) => roomy(new ToyWorld(seed + 1, 'host', until, board.time), board));
  expect(alive.runToEnd()).toEqual({ kind: 'ended' });
  const doors = new Doors();
  const machine = boardFor(doors);
  const reader = new LogReader(sourceOf(copy.file.bytes), zstd);
  const from = putAtStart(machine, reader)!.position.replayer;
  const replayer = new Replayer({ machine, records: reader.records(), gate: new ClosedGate(), from });
  expect(new Session(machine, doors, replayer, replayer).runToEnd()).toEqual({ kind: 'ended' });
  expect(replayer.finish).toMatchObject({ kind: 'end', end: { ticks: machine.tick } });
  expect(machine.digest('all')).toBe(copy.board.digest('all'));
}

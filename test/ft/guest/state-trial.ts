/**
 * A guest that is kept in step by checkpoints, in one thread, with the channel cut at a place of a seed: what must hold
 * of the backup then.
 */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { createInterpreter } from '../../../src/emu/cpu/interpreter/interpreter.ts';
import { Board } from '../../../src/emu/machine/board.ts';
import { CoveredGate } from '../../../src/ft/guest/covered-gate.ts';
import { METHOD_DEFAULTS } from '../../../src/ft/guest/method.ts';
import { methodOf } from '../../../src/ft/guest/method-of.ts';
import type { NumberedOutput } from '../../../src/ft/guest/units.ts';
import { zstd } from '../../../src/host/zstd.ts';
import { tick } from '../../../src/lib/brands.ts';
import { encodeFrame } from '../../../src/logformat/frame.ts';
import { LogWriter } from '../../../src/logformat/writer.ts';
import { reissue } from '../../../src/session/continue.ts';
import { Doors } from '../../../src/session/doors.ts';
import { OpenGate } from '../../../src/session/gate.ts';
import { ReceivedStates } from '../../../src/session/received-states.ts';
import { Recorder } from '../../../src/session/recorder.ts';
import { Session } from '../../../src/session/session.ts';
import type { SaidBytes } from '../../../src/session/state-frames.ts';
import { StateStream } from '../../../src/session/state-stream.ts';
import { config } from '../../emu/machine/guest.ts';
import { sample } from '../../host/support.ts';
import { header } from '../../logformat/support.ts';
import { ToyWorld } from '../../session/toy-world.ts';
import type { BoardFor } from './clone.ts';
import { randomOf, roomy, type World } from './pair.ts';

const LIVE_TICKS = 300_000n;
const change = {
  bootArgs: 'every=1',
  clock: 'host',
  devices: [{ type: 'entropy' }, { type: 'net', mac: Uint8Array.of(2, 0, 0, 0, 0, 1), mtu: 1500 }],
} as const;
const head = { ...header, digestTicks: { small: 1n << 14n, all: 1n << 16n } };

type Handed =
  | { readonly kind: 'frame'; readonly bytes: Uint8Array; readonly digest: string | undefined }
  | { readonly kind: 'output'; readonly output: NumberedOutput };

/** A primary whose guest is checkpointed; `handed` is its ring to the main thread. */
class CheckpointedSide {
  readonly board: Board;
  readonly handed: Handed[] = [];
  readonly session: Session;
  /** Everything that it has made, whether it may leave or not. */
  readonly made: NumberedOutput[] = [];

  constructor(boardFor: BoardFor, worldFor: (board: Board) => World) {
    const doors = new Doors();
    const board = boardFor(doors);
    const world = worldFor(board);
    this.board = board;
    let sequence = 0;
    const stream = new StateStream(board, (at, payload) => {
      const bytes = encodeFrame({ kind: 'checkpoint', sequence: sequence++, firstTick: at, payload }, undefined);
      this.handed.push({ kind: 'frame', bytes, digest: at > 0n ? board.digest('all') : undefined });
    });
    const log = new LogWriter({ write: () => {} }, zstd, head);
    const transfer = (said: readonly SaidBytes[]): number =>
      stream.write({ said, past: { units: gate.units.all, randomBytes: 7n } });
    const method = methodOf(
      { ...METHOD_DEFAULTS, name: 'checkpoints', checkpointsPerSecond: 100 },
      {
        live: world,
        log,
        pass: (output) => this.handed.push({ kind: 'output', output }),
        nowNs: () => world.ns,
        standStill: () => {},
        state: { transfer, begun: () => board.tick > 0n, complete: () => {}, caughtUp: () => true },
      },
    );
    const gate: CoveredGate = new CoveredGate({
      flush: () => method.flush(),
      pass: (output) => {
        this.made.push(output);
        method.pass(output);
      },
      passed: () => method.passed(),
      direct: (output) => world.deliver(output),
    });
    const { source } = method;
    const { digestTicks } = head;
    const recorder = new Recorder({ machine: board, source, gate, log, digestTicks, elapsedNs: () => world.ns });
    this.session = new Session(board, doors, recorder, recorder);
  }
}

const textOf = (outputs: readonly { readonly bytes: Uint8Array }[]): string =>
  outputs.map(({ bytes }) => new TextDecoder('latin1').decode(bytes)).join('');
const consolesOf = (outputs: readonly NumberedOutput[]): { readonly bytes: Uint8Array }[] =>
  outputs.flatMap(({ output }) => (output.kind === 'console' ? [output] : []));

export function tryStates(name: string, seed: number): void {
  const kernel = new Uint8Array(readFileSync(sample(name)));
  const boardFor: BoardFor = (ports) => new Board(config(change), { kernel }, ports, createInterpreter);
  const random = randomOf(seed);
  const primary = new CheckpointedSide(boardFor, (board) => roomy(new ToyWorld(seed, 'host'), board));
  for (let steps = 100 + random(400); steps > 0; steps--) {
    const { kind } = primary.session.step();
    if (kind !== 'ran') throw new Error(`seed ${seed}: it ${kind}`);
  }
  const frames = primary.handed.filter(({ kind }) => kind === 'frame').length;
  const isState = (event: Handed): boolean => event.kind === 'frame' && event.digest !== undefined;
  expect(primary.handed.filter(isState).length).toBeGreaterThan(5);

  // The channel is cut anywhere behind the first state, also within one.
  const first = primary.handed.slice(0, primary.handed.findIndex(isState) + 1).length;
  const received = first + random(frames - first);
  const doors = new Doors();
  const board = boardFor(doors);
  const states = new ReceivedStates(board, zstd);
  const said: SaidBytes[] = [];
  const left: NumberedOutput[] = [];
  let digest: string | undefined;
  let taken = 0;
  for (const event of primary.handed) {
    if (event.kind === 'output') left.push(event.output);
    else {
      if (taken++ === received) break;
      said.push(...(states.take(event.bytes)?.said ?? []));
      digest = event.digest ?? digest;
    }
  }
  const { past } = states.restore();
  expect(board.digest('all')).toBe(digest);
  expect(past.randomBytes).toBe(7n);
  // What has left is in the past of the state: nobody saw what is rolled back.
  for (const { device, unit } of left) expect(unit).toBeLessThanOrEqual(past.units[device] ?? -1n);
  const whole = textOf(consolesOf(primary.made));
  expect(whole.startsWith(textOf(said))).toBe(true);
  expect(textOf(said).length).toBe(Number(past.units.uart ?? 0n));
  expect(textOf(said).startsWith(textOf(consolesOf(left)))).toBe(true);

  // It lives on, and its console goes on where the state's had come to.
  const until = tick(board.tick + LIVE_TICKS);
  const world = new ToyWorld(seed + 1, 'host', until, board.time);
  const port = new OpenGate(world);
  const log = new LogWriter({ write: () => {} }, zstd, head);
  const { digestTicks } = head;
  const source = roomy(world, board);
  const recorder = new Recorder({ machine: board, source, gate: port, log, digestTicks, elapsedNs: () => world.ns });
  const session = new Session(board, doors, recorder, recorder);
  reissue(board, port);
  expect(session.runToEnd()).toEqual({ kind: 'ended' });
  if (name !== 'count') return;
  const lived = textOf(world.delivered.flatMap((output) => (output.kind === 'console' ? [output] : [])));
  const numbers = [...`${textOf(said)}${lived}`.matchAll(/count (\d+)\r/g)].map(([, number]) => Number(number));
  expect(numbers.length).toBeGreaterThan(10);
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
}

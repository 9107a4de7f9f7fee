/**
 * Random guest code on a mixture of engines: exchanged, flushed, saved and restored at random ticks, or one engine from
 * beginning to end. What comes out must be the same.
 */

import type { EngineFactory } from '../../../../src/emu/cpu/engine.ts';
import { createInterpreter } from '../../../../src/emu/cpu/interpreter/interpreter.ts';
import { createReference } from '../../../../src/emu/cpu/reference/engine.ts';
import { changeScene, load } from '../interpreter/random-programs.ts';
import { Random } from '../random.ts';
import { Guest, RAM } from './guest.ts';
import { putRandomGuest } from './random-guest.ts';
import { disturb, translating } from './scenario.ts';

type State = Readonly<Record<string, bigint | string>>;
export interface Outcome {
  /** What each scene left in registers and CSRs; the next one overwrites much of it. */
  readonly scenes: readonly State[];
  readonly end: State;
}
export interface Told {
  readonly outcome: Outcome;
  readonly ticks: number;
  readonly compiledTicks: number;
}

/** Makes steps until a tick or until the hart leaves, in some way. */
export type Runner = (guest: Guest, until: bigint) => void;

/** One engine, without interruption. */
export const alone =
  (factory: EngineFactory): Runner =>
  (guest, until) => {
    guest.use(factory);
    guest.run(until);
  };

/** Any engines, in pieces; what compiles, compiles early. */
export function mixed(seed: number, maxPieces: number): Runner {
  const random = new Random(seed ^ 0x5bd1_e995);
  const engine = (): EngineFactory =>
    random.below(4) === 0
      ? random.pick([createInterpreter, createReference])
      : translating({ hot: 1 + random.below(3), regionInsns: random.pick([300, 300, 30, 5]) });
  return (guest, until) => {
    if (random.below(2) === 0 || guest.tick === 0n) guest.use(engine());
    else guest.rederive();
    for (let pieces = random.below(maxPieces); pieces > 0; pieces--) {
      const stop = guest.tick + BigInt(random.below(Number(until - guest.tick) + 1));
      if (guest.run(stop) !== 'limit') return;
      disturb(guest, engine(), random);
    }
    guest.run(until);
  };
}

/** Streams of random words, and scenes set anew every few ticks (interpreter/random-programs.ts). */
export function randomStreams(seed: number, scenes: number, run: Runner): Told {
  const guest = new Guest();
  const random = new Random(seed);
  load(guest.machine, random);
  const seen: State[] = [];
  for (let scene = 0; scene < scenes; scene++) {
    changeScene(guest.machine, random);
    run(guest, guest.tick + 1n + BigInt(random.below(random.pick([48, 48, 400]))));
    seen.push(guest.machine.registers());
  }
  return told(guest, seen);
}

export const told = (guest: Guest, scenes: readonly State[]): Told => ({
  outcome: { scenes, end: guest.state() },
  ticks: Number(guest.tick),
  compiledTicks: Number(guest.machine.get('compiledTicks')),
});

/** A program of random-guest.ts, with changes from outside now and then. */
export function randomProgram(seed: number, run: Runner): Told {
  const guest = new Guest();
  const random = new Random(seed);
  putRandomGuest(guest, random);
  const seen: State[] = [];
  for (let slices = 1 + random.below(6); slices > 0; slices--) {
    const until = guest.tick + BigInt(1 + random.below(1500));
    run(guest, until);
    seen.push(guest.machine.registers());
    if (guest.tick < until) guest.machine.set('exitRequest', 0n);
    fromOutside(guest, random);
  }
  return told(guest, seen);
}

function fromOutside(guest: Guest, random: Random): void {
  const waits = guest.machine.get('waiting') !== 0n;
  if (waits || random.below(2) === 0) guest.drive(BigInt(random.pick([0x800, 0x200, 0x808, 0])));
  if (waits) guest.machine.set('mie', guest.machine.get('mie') | 0x800n);
  const pa = RAM + BigInt(8 * random.below(0x1_8000 / 8));
  if (random.below(3) === 0) guest.ram.write(pa, guest.ram.read(pa, 8));
  if (random.below(3) === 0)
    guest.ram.write(RAM + BigInt(0x8000 + 8 * random.below(0x80)), Uint8Array.of(random.below(256)));
}

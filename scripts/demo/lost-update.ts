/**
 * Finds the lost update in a recording of `race`: replays it while looking at the counter, and replays it again, step
 * by step, around the first moment at which the counter goes down. What a debugger on the recording would show.
 */

import { createInterpreter } from '../../src/emu/cpu/interpreter/interpreter.ts';
import { Board } from '../../src/emu/machine/board.ts';
import { readSymbols } from '../../src/emu/machine/elf.ts';
import { openRecording } from '../../src/host/log-file-source.ts';
import { recordedConfig, recordedImages } from '../../src/host/recorded-machine.ts';
import { type Tick, tick } from '../../src/lib/brands.ts';
import { Doors } from '../../src/session/doors.ts';
import { ClosedGate } from '../../src/session/gate.ts';
import { Replayer } from '../../src/session/replayer.ts';
import { Session } from '../../src/session/session.ts';
import type { Grant, InputSource, Moment } from '../../src/session/source.ts';

/** A store that undid what the other thread had done. */
export interface LostUpdate {
  readonly tick: Tick;
  readonly pc: bigint;
  readonly thread: string;
  /** The counter before the store, and what was stored. */
  readonly before: bigint;
  readonly stored: bigint;
  /** Last tick, to a stretch, at which the counter held what the thread had read. */
  readonly readBefore: Tick;
}

/** Steps between two looks at the counter. */
const STRETCH = 256n;

/** A source that stops the machine after at most `steps` steps of its own choice. */
class Stretches implements InputSource {
  readonly #inner: InputSource;
  steps = STRETCH;

  constructor(inner: InputSource) {
    this.#inner = inner;
  }
  next(now: Moment): Grant | 'end' | 'starved' {
    const grant = this.#inner.next(now);
    if (typeof grant === 'string' || grant.until <= now.tick + this.steps) return grant;
    return { inputs: grant.inputs, until: tick(now.tick + this.steps) };
  }
  nondet(kind: number, at: Tick): bigint {
    return this.#inner.nondet(kind, at);
  }
}

/** Undefined when the recording has no lost update. */
export function findLostUpdate(path: string): LostUpdate | undefined {
  const coarse = firstFall(path, 0n);
  if (coarse === undefined) return undefined;
  return firstFall(path, coarse.tick - 2n * STRETCH) ?? coarse;
}

/** The first fall of the counter, looked at after every step from `fineFrom` on when that is not 0. */
function firstFall(path: string, fineFrom: bigint): LostUpdate | undefined {
  const recording = openRecording(path);
  try {
    const { reader } = recording;
    const images = recordedImages(reader, {});
    const kernel = images.kernel?.bytes ?? new Uint8Array();
    const symbols = readSymbols(kernel, 'the kernel');
    const counterAt = symbols.find(({ name }) => name === 'counter')?.address;
    if (counterAt === undefined) throw new Error('the recording is not one of race');
    const doors = new Doors();
    const machine = new Board(recordedConfig(reader), { kernel }, doors, createInterpreter);
    const replayer = new Replayer({ machine, records: reader.records(), gate: new ClosedGate() });
    const source = new Stretches(replayer);
    const session = new Session(machine, doors, source, replayer);
    const counter = (): bigint => {
      const bytes = machine.ram.read(counterAt, 8);
      return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    };
    const lastSeen = new Map<bigint, Tick>();
    let before = 0n;
    let pc = machine.pc;
    while (session.step().kind === 'ran') {
      const now = counter();
      if (now < before && now > 0n) {
        const name = symbols.findLast(({ address, kind }) => kind === 'function' && address <= pc)?.name ?? '?';
        const readBefore = lastSeen.get(now - 1n) ?? machine.tick;
        return { tick: machine.tick, pc, thread: name, before, stored: now, readBefore };
      }
      before = now;
      lastSeen.set(now, machine.tick);
      pc = machine.pc;
      source.steps = fineFrom > 0n && machine.tick >= fineFrom ? 1n : STRETCH;
    }
    return undefined;
  } finally {
    recording.close();
  }
}

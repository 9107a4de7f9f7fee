/** Timelines of recordings, the same recordings gone through plainly, and seeded choices. */
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Board } from '../../../src/emu/machine/board.ts';
import type { Output } from '../../../src/emu/machine/events.ts';
import { openRecording } from '../../../src/host/log-file-source.ts';
import { machineOf } from '../../../src/host/machine-of.ts';
import { type OpenTimeline, openTimeline, type TimelineOptions } from '../../../src/host/open-timeline.ts';
import { recordedConfig, recordedImages } from '../../../src/host/recorded-machine.ts';
import { type Tick, tick } from '../../../src/lib/brands.ts';
import type { LogRecord } from '../../../src/logformat/records.ts';
import { Doors } from '../../../src/session/doors.ts';
import { Replayer } from '../../../src/session/replayer.ts';
import { Session } from '../../../src/session/session.ts';

export const golden = (name: string): string =>
  fileURLToPath(new URL(`../../golden/0.1.0/${name}.lks`, import.meta.url));

/** Numbers below a bound; the same ones for the same seed. */
export function chooser(seed: number): (below: bigint) => bigint {
  let state = seed >>> 0 || 1;
  const word = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  return (below) => (((BigInt(word()) << 32n) | BigInt(word())) * below) >> 64n;
}

/** A seed to print; LOCKSTEP_SEED repeats one. */
export const newSeed = (): number => Number(process.env.LOCKSTEP_SEED ?? Math.floor(Math.random() * 2 ** 31));

export async function withTimeline<T>(
  file: string,
  options: TimelineOptions,
  use: (opened: OpenTimeline) => Promise<T>,
): Promise<T> {
  const opened = openTimeline(file, { engine: 'interpreter', ...options });
  try {
    return await use(opened);
  } finally {
    opened.close();
  }
}

/** A plain replay that goes forwards only, without checkpoints. */
export class PlainReplay {
  readonly board: Board;
  readonly records: readonly LogRecord[];
  /** What left, with the tick at which it was made. */
  readonly outputs: { readonly output: Output; readonly at: Tick }[] = [];
  readonly #replayer: Replayer;
  readonly #session: Session;

  constructor(file: string) {
    const { reader, close } = openRecording(file);
    this.records = [...reader.records()];
    const finish = reader.finish();
    close();
    const again = openRecording(file);
    const doors = new Doors();
    const images = Object.fromEntries(
      Object.entries(recordedImages(again.reader, {})).map(([role, { bytes }]) => [role, bytes]),
    );
    this.board = machineOf(recordedConfig(again.reader), images, doors, 'interpreter') as Board;
    again.close();
    const records = this.records.values();
    const iterator = {
      next: () => {
        const step = records.next();
        return step.done === true ? { done: true as const, value: finish } : step;
      },
    };
    const offer = (output: Output, at: Tick): void => void this.outputs.push({ output, at });
    this.#replayer = new Replayer({ machine: this.board, records: iterator, gate: { offer, marked: () => {} } });
    this.#session = new Session(this.board, doors, this.#replayer, this.#replayer);
  }

  to(at: bigint): void {
    this.#replayer.until = tick(at);
    for (;;) {
      const result = this.#session.step();
      if (result.kind === 'ran') continue;
      expect(result.kind).not.toBe('diverged');
      expect(this.board.tick).toBe(at);
      return;
    }
  }
}

/** Digests of all state at these ticks, by a plain replay. */
export function plainDigests(file: string, ticks: Iterable<bigint>): ReadonlyMap<bigint, string> {
  const plain = new PlainReplay(file);
  const sorted = [...new Set(ticks)].sort((a, b) => (a < b ? -1 : 1));
  return new Map(
    sorted.map((at) => {
      plain.to(at);
      return [at, plain.board.digest('all')];
    }),
  );
}

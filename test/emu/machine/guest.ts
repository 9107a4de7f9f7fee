/** A board for tests, with the outside done by hand: output collected, disk in memory, entropy counted up. */
import { readFileSync } from 'node:fs';
import type { EngineFactory } from '../../../src/emu/cpu/engine.ts';
import { createInterpreter } from '../../../src/emu/cpu/interpreter/interpreter.ts';
import { Board } from '../../../src/emu/machine/board.ts';
import type { Input, Output } from '../../../src/emu/machine/events.ts';
import type { MachineConfig, MachineImages } from '../../../src/emu/machine/machine.ts';
import { type Tick, tick } from '../../../src/lib/brands.ts';

export const sample = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../../samples/prebuilt/${name}.elf`, import.meta.url)));

export const config = (change: Partial<MachineConfig> = {}): MachineConfig => ({
  memoryBytes: 4 * 1024 * 1024,
  harts: 1,
  bootArgs: '',
  clock: 'ticks',
  epochNs: 1_767_225_600_000_000_000n,
  rngSeed: new Uint8Array(32),
  devices: [],
  ...change,
});

/** Instruction words (or bytes) as a flat M-mode program at the start of RAM. */
export function flat(words: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * words.length));
  for (const [i, word] of words.entries()) view.setUint32(4 * i, word, true);
  return new Uint8Array(view.buffer);
}

export interface GuestOptions {
  readonly images: MachineImages;
  readonly change?: Partial<MachineConfig>;
  readonly disk?: Uint8Array;
  readonly nondet?: (kind: number) => bigint;
  readonly factory?: EngineFactory;
}

export class Guest {
  readonly board: Board;
  readonly outputs: Output[] = [];
  readonly #disk: Uint8Array;

  constructor({ images, change = {}, disk = new Uint8Array(0), nondet = () => 0n, factory }: GuestOptions) {
    this.#disk = disk.slice();
    const ports = { emit: (output: Output) => this.outputs.push(output), nondet };
    this.board = new Board(config(change), images, ports, factory ?? createInterpreter);
  }

  get text(): string {
    const bytes = this.outputs.flatMap((output) => (output.kind === 'console' ? [...output.bytes] : []));
    return new TextDecoder().decode(Uint8Array.from(bytes));
  }

  /**
   * Runs to the tick, or to the halt or a wait that nothing ends. Each disk request is answered `latency` ticks after
   * it was given out, or at once when the guest waits.
   */
  run(until: bigint, { latency = 500n, skip = true } = {}): Tick {
    while (this.board.halt === undefined && this.board.tick < until) {
      const pending = this.board.pendingRequests().filter((output) => output.kind === 'disk');
      const target = pending.length > 0 ? this.board.tick + latency : until;
      const result = this.board.run(tick(target < until ? target : until));
      if (pending[0] !== undefined) this.board.apply(this.answer(pending[0]));
      else if (result === 'idle' && this.board.pendingRequests().length > 0) continue;
      else if (result === 'idle' && !(skip && this.board.skipIdle())) break;
    }
    return this.board.tick;
  }

  answer({ device, request, operation }: Output & { kind: 'disk' }): Input {
    const disk = this.#disk;
    let data: Uint8Array = new Uint8Array(0);
    if (operation.op === 'read') data = disk.slice(operation.offset, operation.offset + operation.length);
    else if (operation.op === 'write') disk.set(operation.data, operation.offset);
    else if (operation.op !== 'flush') disk.fill(0, operation.offset, operation.offset + operation.length);
    return { kind: 'disk', device, request, status: 0, data };
  }
}

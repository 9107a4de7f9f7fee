/** Runs a chunk on this machine: the board with an engine, and what its UART sent. */
import type { EngineFactory } from '../../../src/emu/cpu/engine.ts';
import { Board } from '../../../src/emu/machine/board.ts';
import type { Tick } from '../../../src/lib/brands.ts';

export interface MachineRun {
  readonly bytes: Uint8Array;
  /** Why it stopped, when not by power off through the test finisher. */
  readonly failure: string;
  readonly ticks: number;
}

/** `maxTicks` bounds a program that does not come back. Time is virtual: a tick is a fixed piece of it. */
export function runOnMachine(elf: Uint8Array, engine: EngineFactory, maxTicks = 1_000_000_000): MachineRun {
  const chunks: Uint8Array[] = [];
  const board = new Board(
    {
      memoryBytes: 64 * 1024 * 1024,
      harts: 1,
      bootArgs: '',
      clock: 'ticks',
      epochNs: 0n,
      rngSeed: new Uint8Array(32),
      devices: [],
    },
    { kernel: elf },
    {
      emit: (output) => {
        if (output.kind === 'console') chunks.push(output.bytes);
      },
      nondet: () => 0n,
    },
    engine,
  );
  const result = board.run(BigInt(maxTicks) as Tick);
  const stopped = result === 'halted' && board.halt?.code === 0;
  const where = `pc ${board.harts[0]?.get('pc').toString(16)}`;
  const failure = stopped ? '' : `${result === 'limit' ? `still running after ${maxTicks} steps` : result}, ${where}`;
  return { bytes: new Uint8Array(Buffer.concat(chunks)), failure, ticks: Number(board.tick) };
}

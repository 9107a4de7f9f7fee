import { describe, it } from 'vitest';
import { header } from '../../logformat/support.ts';
import { ToyMachine } from '../../session/toy-machine.ts';
import type { MachineFor } from './pair.ts';
import { tryPair } from './trial.ts';

describe.each(['host', 'ticks', 'exact'] as const)('a pair of toy machines with clock %s', (clock) => {
  const machineFor: MachineFor = (ports) => new ToyMachine(ports, { clock, lastTick: 30_000n });

  it.each(Array.from({ length: 600 }, (_, i) => 1000 + i))('goes on as one run after a cut, seed %i', (seed) => {
    const rounds = 5 + ((seed * 37) % 300);
    tryPair({ machineFor, clock, header, seed, rounds, liveTicks: 6000n, pace: 10 ** (1 + (seed % 4)) });
  });
});

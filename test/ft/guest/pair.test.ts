import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createInterpreter } from '../../../src/emu/cpu/interpreter/interpreter.ts';
import { Board } from '../../../src/emu/machine/board.ts';
import { config } from '../../emu/machine/guest.ts';
import { sample } from '../../host/support.ts';
import { header } from '../../logformat/support.ts';
import { ToyMachine } from '../../session/toy-machine.ts';
import type { MachineFor } from './pair.ts';
import { tryPair } from './trial.ts';

describe.each(['host', 'ticks', 'exact'] as const)('a pair of toy machines with clock %s', (clock) => {
  const machineFor: MachineFor = (ports) => new ToyMachine(ports, { clock, lastTick: 30_000n });

  it('ends together, with the same log byte for byte', () => {
    let starved = 0;
    for (let seed = 1; seed <= 6; seed++)
      starved += tryPair({ machineFor, clock, header, seed, liveTicks: 0n, pace: 10 ** (1 + (seed % 4)) }).starved;
    expect(starved).toBeGreaterThan(10);
  });

  it('ends together when the backup reads disks itself, with the same log byte for byte', () => {
    const lives = Array.from({ length: 6 }, (_, i) =>
      tryPair({ machineFor, clock, header, seed: 60 + i, liveTicks: 0n, pace: 10 ** (1 + (i % 4)), reads: true }),
    );
    for (const { failed, wrong, bytes } of lives) {
      expect(failed).toBeGreaterThan(0);
      expect(wrong).toBeGreaterThan(0);
      expect(bytes[0]).toBeLessThan(bytes[1]);
    }
  });

  it.each(Array.from({ length: 6 }, (_, i) => i + 1))('reads what is missing before it goes on, seed %i', (seed) => {
    const rounds = 5 + ((seed * 37) % 300);
    tryPair({ machineFor, clock, header, seed, rounds, liveTicks: 6000n, pace: 10 ** (1 + (seed % 4)), reads: true });
  });

  it.each(Array.from({ length: 25 }, (_, i) => i + 1))('goes on as one run after a cut, seed %i', (seed) => {
    const rounds = 5 + ((seed * 37) % 300);
    tryPair({ machineFor, clock, header, seed, rounds, liveTicks: 6000n, pace: 10 ** (1 + (seed % 4)) });
  });
});

describe.each(['clock', 'race'])('a pair of boards with the guest %s', (name) => {
  const kernel = new Uint8Array(readFileSync(sample(name)));
  const change = {
    clock: 'host',
    devices: [{ type: 'entropy' }, { type: 'net', mac: Uint8Array.of(2, 0, 0, 0, 0, 1), mtu: 1500 }],
  } as const;
  const machineFor: MachineFor = (ports) => new Board(config(change), { kernel }, ports, createInterpreter);
  const boardHeader = { ...header, digestTicks: { small: 1n << 14n, all: 1n << 18n } };

  it.each([1, 2, 3])('goes on as one run after a cut, seed %i', (seed) => {
    const trial = { machineFor, clock: 'host', header: boardHeader, seed, rounds: 20 * seed, pace: 1000 } as const;
    tryPair({ ...trial, liveTicks: 300_000n });
  });
});

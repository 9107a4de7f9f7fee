import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createInterpreter } from '../../../src/emu/cpu/interpreter/interpreter.ts';
import { Board } from '../../../src/emu/machine/board.ts';
import { EpochSource } from '../../../src/ft/guest/epoch-source.ts';
import { METHOD_DEFAULTS, type MethodName } from '../../../src/ft/guest/method.ts';
import { methodOf } from '../../../src/ft/guest/method-of.ts';
import { ProgressSource } from '../../../src/ft/guest/progress-source.ts';
import { tick } from '../../../src/lib/brands.ts';
import type { Grant, InputSource, Moment } from '../../../src/session/source.ts';
import { config } from '../../emu/machine/guest.ts';
import { sample } from '../../host/support.ts';
import { header } from '../../logformat/support.ts';
import { ToyMachine } from '../../session/toy-machine.ts';
import { type MachineFor, type MethodFor, randomOf } from './pair.ts';
import { tryStates } from './state-trial.ts';
import { tryPair } from './trial.ts';

const EPOCH_TICKS = 5000n;
const NO_STATE = { transfer: () => 0, begun: () => false, complete: () => {}, caughtUp: () => true };

/** What is delivered: where, and whether the guest waited. */
interface Delivery {
  readonly now: Moment;
  readonly inputs: number;
}

const methodFor =
  (name: MethodName, deliveries: Delivery[]): MethodFor =>
  (parts) => {
    const { live } = parts;
    const seen: InputSource = {
      next: (now) => {
        const grant = live.next(now);
        if (typeof grant !== 'string') deliveries.push({ now, inputs: grant.inputs.length });
        return grant;
      },
      nondet: (kind, at) => live.nondet(kind, at),
    };
    const settings = { ...METHOD_DEFAULTS, name, epochTicks: EPOCH_TICKS };
    return methodOf(settings, { ...parts, live: seen, state: NO_STATE });
  };

const checkEpochs = (deliveries: readonly Delivery[]): void => {
  const running = deliveries.filter(({ now, inputs }) => inputs > 0 && now.state === 'running');
  expect(running.length).toBeGreaterThan(2);
  for (const { now } of running) expect(now.tick % EPOCH_TICKS).toBe(0n);
};

describe.each(['epochs', 'stop'] as const)('a pair kept in step by %s', (name) => {
  const machineFor: MachineFor = (ports) => new ToyMachine(ports, { clock: 'host', lastTick: 40_000n });

  it('ends together, with the same log byte for byte', () => {
    for (let seed = 1; seed <= 2; seed++) {
      const deliveries: Delivery[] = [];
      const given = { machineFor, clock: 'host', header, seed, liveTicks: 0n, pace: 1000 } as const;
      const { stood } = tryPair({ ...given, methodFor: methodFor(name, deliveries) });
      if (name === 'epochs') checkEpochs(deliveries);
      expect(stood > 0).toBe(name === 'stop');
    }
  });

  it.each([1, 2, 3, 4, 5])('goes on as one run after a cut, seed %i', (seed) => {
    const given = { machineFor, clock: 'host', header, seed, rounds: 10 + seed * 20, pace: 1000 } as const;
    tryPair({ ...given, liveTicks: 6000n, methodFor: methodFor(name, []) });
  });

  it('does so with a board', () => {
    const kernel = new Uint8Array(readFileSync(sample('race')));
    const change = {
      clock: 'host',
      devices: [{ type: 'entropy' }, { type: 'net', mac: Uint8Array.of(2, 0, 0, 0, 0, 1), mtu: 1500 }],
    } as const;
    const boardFor: MachineFor = (ports) => new Board(config(change), { kernel }, ports, createInterpreter);
    const head = { ...header, digestTicks: { small: 1n << 14n, all: 1n << 18n } };
    const given = { machineFor: boardFor, clock: 'host', header: head, seed: 1, rounds: 40, pace: 1000 } as const;
    tryPair({ ...given, liveTicks: 300_000n, methodFor: methodFor(name, []) });
  });
});

describe.each(['count', 'race'])('checkpoints of the guest %s', (name) => {
  it.each([1, 2, 3])('give the machine that they are of, and take back nothing that was seen, seed %i', (seed) =>
    tryStates(name, seed),
  );
});

describe('how long an input waits for its delivery, in ticks', () => {
  const SLICE = 1000n;
  /** Delays of inputs that come at random ticks to a guest that never waits. */
  const delays = (through: (live: InputSource) => InputSource, seed: number): number[] => {
    const random = randomOf(seed);
    const arrivals = Array.from({ length: 500 }, () => BigInt(random(2_000_000))).sort((a, b) => Number(a - b));
    const seen: number[] = [];
    let at = tick(0);
    const live: InputSource = {
      next: (now): Grant => {
        while (arrivals[0] !== undefined && arrivals[0] <= now.tick) seen.push(Number(now.tick - arrivals.shift()!));
        return { inputs: [], until: tick(now.tick + SLICE) };
      },
      nondet: () => 0n,
    };
    const source = through(live);
    while (arrivals.length > 0) {
      const grant = source.next({ tick: at, time: 0n, state: 'running', nextTimer: undefined });
      if (typeof grant === 'string') throw new Error(grant);
      at = grant.until;
    }
    return seen.sort((a, b) => a - b);
  };
  const log = { append: () => {}, flush: () => {}, offset: 0, lastTick: undefined };

  it('is a slice at most with the log, and up to an epoch with epochs', () => {
    const seed = 11;
    const inLog = delays((source) => new ProgressSource({ source, log, nowNs: () => 0n, intervalNs: 1n }), seed);
    const epochTicks = 50_000n;
    const inEpochs = delays((source) => new EpochSource({ source, log, epochTicks }), seed);
    expect(inLog.length).toBe(500);
    expect(inLog.at(-1)).toBeLessThanOrEqual(Number(SLICE));
    expect(inEpochs.at(-1)).toBeGreaterThan(45_000);
    expect(inEpochs.at(-1)).toBeLessThanOrEqual(50_000);
    // Half of them wait for half an epoch.
    expect(inEpochs[250]).toBeGreaterThan(20_000);
    expect(inEpochs[250]).toBeLessThan(30_000);
  });
});

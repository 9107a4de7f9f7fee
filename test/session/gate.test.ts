import { describe, expect, it } from 'vitest';
import type { Output } from '../../src/emu/machine/events.ts';
import { zstd } from '../../src/host/zstd.ts';
import { LogWriter } from '../../src/logformat/writer.ts';
import { Doors } from '../../src/session/doors.ts';
import { ClosedGate, type Gate } from '../../src/session/gate.ts';
import { Recorder } from '../../src/session/recorder.ts';
import { Session } from '../../src/session/session.ts';
import { header, MemoryLog } from '../logformat/support.ts';
import { readLog, record } from './support.ts';
import { ToyMachine } from './toy-machine.ts';
import { ToyWorld } from './toy-world.ts';

const options = { clock: 'host', lastTick: 20_000n } as const;

/** Holds each output until its mark is acknowledged, which it is one mark later. */
class LateGate implements Gate {
  readonly held: { output: Output; mark: number | undefined }[] = [];
  readonly released: { output: Output; mark: number; acknowledged: number }[] = [];
  readonly #world: ToyWorld;

  constructor(world: ToyWorld) {
    this.#world = world;
  }

  offer(output: Output): void {
    this.held.push({ output, mark: undefined });
  }

  marked(device: string, mark: number): void {
    for (const each of this.held) if (each.output.device === device && each.mark === undefined) each.mark = mark;
    const acknowledged = mark - 1;
    while (this.held[0]?.mark !== undefined && this.held[0].mark <= acknowledged) {
      const { output, mark: covering } = this.held.shift()!;
      this.released.push({ output, mark: covering!, acknowledged });
      this.#world.deliver(output);
    }
  }
}

describe('a gate', () => {
  it('that is open gives the world every output the guest made, in order', () => {
    const { bytes, world } = record(2, options);
    const marks = readLog(bytes).records.filter(({ kind }) => kind === 'output');
    const others = world.delivered.filter(({ kind }) => kind !== 'console');
    expect(others.length).toBeGreaterThan(20);
    const uart = marks.filter((mark) => mark.kind === 'output' && mark.device === 'uart');
    expect(marks.length - uart.length).toBe(others.length);
    const length = (each: typeof marks) =>
      each.reduce((sum, mark) => sum + (mark.kind === 'output' ? mark.length : 0), 0);
    const typed = world.delivered.reduce(
      (sum, output) => sum + (output.kind === 'console' ? output.bytes.length : 0),
      0,
    );
    expect(length(uart)).toBe(typed);
  });

  it('that is closed lets nothing out, and shows the console to whoever watches', () => {
    const shown: Output[] = [];
    const gate = new ClosedGate({ deliver: (output) => shown.push(output) });
    gate.offer({ kind: 'packet', device: 'virtio1', frame: new Uint8Array(1) });
    gate.offer({ kind: 'console', device: 'uart', bytes: Uint8Array.of(65) });
    expect(shown.map(({ kind }) => kind)).toEqual(['console']);
  });

  it('can hold each output until the mark that covers it is acknowledged; marks count from 1', () => {
    const doors = new Doors();
    const machine = new ToyMachine(doors, options);
    const world = new ToyWorld(8, 'host');
    const log = new LogWriter(new MemoryLog(), zstd, header);
    const gate = new LateGate(world);
    const { digestTicks } = header;
    const recorder = new Recorder({ machine, source: world, gate, log, digestTicks, elapsedNs: () => 0n });
    expect(new Session(machine, doors, recorder, recorder).runToEnd().kind).toBe('halted');
    expect(gate.released.length).toBeGreaterThan(50);
    for (const { mark, acknowledged } of gate.released) expect(mark).toBeLessThanOrEqual(acknowledged);
    expect(gate.released[0]!.mark).toBe(1);
    expect(gate.held.every(({ mark }) => mark !== undefined)).toBe(true);
  });
});

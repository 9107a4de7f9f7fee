import { describe, expect, it } from 'vitest';
import type { Output } from '../../../src/emu/machine/events.ts';
import { CoveredGate } from '../../../src/ft/guest/covered-gate.ts';
import { NumberedGate } from '../../../src/ft/guest/numbered-gate.ts';
import type { NumberedOutput } from '../../../src/ft/guest/units.ts';

const said = (length: number, device = 'uart'): Output => ({ kind: 'console', device, bytes: new Uint8Array(length) });
const packet: Output = { kind: 'packet', device: 'virtio1', frame: new Uint8Array(60) };
const disk = (operation: (Output & { kind: 'disk' })['operation']): Output => ({
  kind: 'disk',
  device: 'virtio0',
  request: 1,
  operation,
});
const read = disk({ op: 'read', offset: 0, length: 512 });
const random: Output = { kind: 'entropy', device: 'virtio2', request: 1, length: 8 };

function covered(inside?: ReadonlySet<string>): { gate: CoveredGate; calls: string[] } {
  const calls: string[] = [];
  const gate = new CoveredGate({
    flush: () => calls.push('flush'),
    pass: ({ device, unit }) => calls.push(`pass ${device} ${unit}`),
    direct: ({ kind }) => calls.push(`direct ${kind}`),
    ...(inside === undefined ? {} : { inside }),
  });
  return { gate, calls };
}

describe('a covered gate', () => {
  it('keeps what is said until its mark, and flushes before it passes it on', () => {
    const { gate, calls } = covered();
    gate.offer(said(3));
    gate.offer(said(4));
    gate.offer(packet);
    expect(calls).toEqual([]);
    gate.marked('virtio1');
    expect(calls).toEqual(['flush', 'pass virtio1 1']);
    gate.marked('uart');
    expect(calls.slice(2)).toEqual(['flush', 'pass uart 3', 'pass uart 7']);
    gate.offer(said(1));
    gate.marked('hvc');
    expect(calls.length).toBe(5);
    gate.marked('uart');
    expect(calls.at(-1)).toBe('pass uart 8');
  });

  it('lets everything go on at once that a disk inside the pair is asked, and counts it', () => {
    const { gate, calls } = covered(new Set(['virtio0']));
    gate.offer(read);
    gate.offer(disk({ op: 'write', offset: 0, data: new Uint8Array(512) }));
    gate.offer(disk({ op: 'flush' }));
    gate.marked('virtio0');
    gate.sliceEnded();
    expect(calls).toEqual(['direct disk', 'direct disk', 'direct disk']);
    expect(gate.units.of('virtio0')).toBe(3n);
  });

  it('keeps whatever changes a disk, and lets reads and requests for random bytes go on at once', () => {
    const { gate, calls } = covered();
    gate.offer(read);
    gate.offer(random);
    gate.marked('virtio0');
    gate.marked('virtio2');
    expect(calls).toEqual(['direct disk', 'direct entropy']);
    calls.length = 0;
    const changes = [
      disk({ op: 'write', offset: 0, data: new Uint8Array(512) }),
      disk({ op: 'flush' }),
      disk({ op: 'discard', offset: 0, length: 512, unmap: true }),
      disk({ op: 'writeZeroes', offset: 0, length: 512, unmap: false }),
    ];
    changes.forEach((change, i) => {
      gate.offer(change);
      expect(calls).toEqual([]);
      gate.marked('virtio0');
      expect(calls.splice(0)).toEqual(['flush', `pass virtio0 ${i + 2}`]);
    });
  });
});

describe('packets of one step', () => {
  const offer = (gate: CoveredGate, output: Output): void => {
    gate.offer(output);
    gate.marked(output.device);
  };
  const followed: Output = { ...packet, more: true };

  it('are covered by one frame', () => {
    const { gate, calls } = covered();
    offer(gate, followed);
    offer(gate, followed);
    expect(calls).toEqual([]);
    offer(gate, packet);
    expect(calls).toEqual(['flush', 'pass virtio1 1', 'pass virtio1 2', 'pass virtio1 3']);
  });

  it('leave at the end of the slice when no more come, and when there are many', () => {
    const { gate, calls } = covered();
    offer(gate, followed);
    gate.sliceEnded();
    expect(calls.splice(0)).toEqual(['flush', 'pass virtio1 1']);
    gate.sliceEnded();
    expect(calls).toEqual([]);
    for (let i = 0; i < 70; i++) offer(gate, followed);
    expect(calls.filter((call) => call === 'flush')).toHaveLength(1);
    gate.sliceEnded();
    expect(calls.filter((call) => call !== 'flush')).toHaveLength(70);
  });
});

describe('a numbered gate', () => {
  it('counts as a covered gate does, keeps disks and random bytes in, and hands its numbers over', () => {
    const passed: NumberedOutput[] = [];
    const gate = new NumberedGate((output) => passed.push(output));
    for (const output of [said(5), read, packet, random, said(2), packet]) gate.offer(output);
    expect(passed.map(({ device, unit }) => `${device} ${unit}`)).toEqual([
      'uart 5',
      'virtio1 1',
      'uart 7',
      'virtio1 2',
    ]);
    const next: string[] = [];
    const live = new CoveredGate({
      flush: () => {},
      pass: ({ device, unit }) => next.push(`${device} ${unit}`),
      direct: () => {},
      units: gate.units,
    });
    for (const output of [said(1), packet, disk({ op: 'flush' })]) {
      live.offer(output);
      live.marked(output.device);
    }
    expect(next).toEqual(['uart 8', 'virtio1 3', 'virtio0 2']);
  });
});

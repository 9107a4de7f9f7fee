import { expect, test } from 'vitest';
import type { DiskOperation, Input } from '../../src/emu/machine/events.ts';
import { ConsoleQueue } from '../../src/host/live/console-queue.ts';
import { HistoryDrives } from '../../src/host/live/history-doors.ts';
import { RingInputs, RingOutputs } from '../../src/host/live/ring-ports.ts';
import { ControlWords, sharedState } from '../../src/host/live/shared-state.ts';
import { decodeOutput, encodeInput } from '../../src/host/messages.ts';
import { pieces, RingReader, RingWriter } from '../../src/host/ring.ts';
import { tick } from '../../src/lib/brands.ts';

type Completion = Input & { kind: 'disk' };
const completion = (request: number, fill: number, status = 0): Completion => ({
  kind: 'disk',
  device: 'virtio0',
  request,
  status,
  data: new Uint8Array(512).fill(fill),
});

/** History doors whose drives have answered already, so that nothing waits. */
function doors(...answers: readonly Input[]) {
  const shared = sharedState();
  const writer = new RingWriter(shared.toGuest);
  for (const answer of answers) for (const piece of pieces(encodeInput(answer))) writer.tryWrite(piece);
  const outputs = new RingReader(shared.toHost);
  const consoles = new ConsoleQueue(() => {});
  const drives = new HistoryDrives(new RingInputs(shared), new RingOutputs(shared), consoles);
  const offer = (request: number, operation: DiskOperation): void =>
    drives.offer({ kind: 'disk', device: 'virtio0', request, operation });
  const sent = (): string[] => {
    const ops: string[] = [];
    for (let message = outputs.read(); message !== undefined; message = outputs.read()) {
      const output = decodeOutput(message);
      ops.push(output.kind === 'disk' ? output.operation.op : output.kind);
    }
    return ops;
  };
  return { drives, offer, sent, consoles, control: new ControlWords(shared.control) };
}
const read: DiskOperation = { op: 'read', offset: 0, length: 512 };
const write: DiskOperation = { op: 'write', offset: 0, data: new Uint8Array(512) };

test('reads and writes go to the drives, advice, packets and random bytes do not', () => {
  const { drives, offer, sent } = doors(completion(1, 0), completion(2, 0), completion(3, 0));
  offer(1, read);
  offer(2, write);
  offer(3, { op: 'writeZeroes', offset: 0, length: 512, unmap: true });
  offer(4, { op: 'discard', offset: 0, length: 512, unmap: true });
  offer(5, { op: 'flush' });
  drives.offer({ kind: 'packet', device: 'virtio1', frame: new Uint8Array(60) });
  drives.offer({ kind: 'entropy', device: 'virtio2', request: 1, length: 8 });
  expect(sent()).toEqual(['read', 'write', 'writeZeroes']);
});

test('a drive that holds what the recording says was read is the right one, another is refused', () => {
  const { drives, offer } = doors(completion(1, 7), completion(2, 7), completion(3, 7));
  for (const request of [1, 2, 3]) offer(request, read);
  drives.check(completion(1, 7), tick(100));
  expect(() => drives.check(completion(2, 8), tick(100))).toThrow(
    expect.objectContaining({ code: 'changed-drive', exitCode: 2, what: expect.stringContaining('tick 100') }),
  );
  drives.check({ ...completion(3, 8, 1), data: new Uint8Array(0) }, tick(100));
});

test('a drive that fails now stops the way to the live machine', () => {
  const { offer } = doors(completion(1, 0, 1));
  expect(() => offer(1, write)).toThrow(expect.objectContaining({ code: 'drive-lost', exitCode: 4 }));
});

test('what is typed meanwhile is kept for the live guest', () => {
  const bytes = Uint8Array.of(104, 105);
  const { offer, consoles } = doors({ kind: 'console', device: 'uart', bytes }, completion(1, 0));
  offer(1, write);
  expect(consoles.take(() => 100)).toEqual([{ kind: 'console', device: 'uart', bytes }]);
});

test('an operator who wants to stop is not kept waiting for a drive', () => {
  const { offer, control } = doors();
  control.askStop();
  offer(1, write);
});

test('bytes for a console wait in order until its device has room', () => {
  const counts: number[] = [];
  const queue = new ConsoleQueue((bytes) => counts.push(bytes));
  const text = (inputs: readonly Input[]) =>
    inputs.map((input) => (input.kind === 'console' ? `${input.device}:${Buffer.from(input.bytes)}` : '')).join(' ');
  queue.put('uart', Buffer.from('abc'));
  queue.put('virtio3', Buffer.from('x'));
  queue.put('uart', Buffer.from('def'));
  expect(text(queue.take((device) => (device === 'uart' ? 4 : 0)))).toBe('uart:abcd');
  expect(text(queue.take(() => 10))).toBe('uart:ef virtio3:x');
  expect(queue.take(() => 10)).toEqual([]);
  expect(counts).toEqual([3, 4, 7, 3, 1, 0]);
});

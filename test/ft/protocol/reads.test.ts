/** Changes of a disk that the backup reads itself: they wait for its reads of the same place, and nothing else does. */
import { expect, test } from 'vitest';
import { tick } from '../../../src/lib/brands.ts';
import { lost, output, PrimarySide, won } from './support.ts';

const DISK = 'virtio0';
const place = (offset: number, length = 4096, device = DISK) => ({ device, offset, length });

/** Frame 0 is there, and frame 1 says that `offset` was read; both are acknowledged. */
function read(offset: number): PrimarySide {
  const side = new PrimarySide().protect().frame(0);
  side.do({ kind: 'reads', places: [place(offset)] });
  return side.frame(1).ack(1);
}
const write = (side: PrimarySide, unit: number, at: ReturnType<typeof place>): PrimarySide =>
  side.do({ kind: 'output', output: { ...output(unit, at.device), place: at } });
const executed = (side: PrimarySide, sequence: number): PrimarySide =>
  side.hear({ kind: 'executed', sequence, tick: tick(sequence), buffered: 0, digests: 0 });

test('read X, write X: the write leaves when the backup has executed the frame that says so, not earlier', () => {
  const side = write(read(0), 1, place(0));
  expect(side.released).toEqual([]);
  expect(executed(side, 0).released).toEqual([]);
  expect(side.core.status).toMatchObject({ heldOutputs: 1, heldBehindReads: 1 });
  expect(executed(side, 1).released).toEqual(['virtio01']);
  expect(side.core.status).toMatchObject({ heldOutputs: 0, heldBehindReads: 1 });
});

test.each([
  ['the byte before', place(8192, 4096), place(4096, 4096), true],
  ['the byte behind', place(0, 4096), place(4096, 4096), true],
  ['another disk', place(0, 4096, 'virtio3'), place(0, 4096), true],
  ['the first byte', place(4096, 4096), place(0, 4097), false],
  ['the last byte', place(0, 4096), place(4095, 512), false],
  ['a part', place(0, 65536), place(8192, 512), false],
])('a write of %s of what was read: it leaves at once is %s', (_, was, at, free) => {
  const side = new PrimarySide().protect().frame(0);
  side.do({ kind: 'reads', places: [place(1 << 20), was] });
  write(side.frame(1).ack(1), 1, at);
  expect(side.released.length === 1).toBe(free);
});

test('whatever has no place there does not wait: other writes, packets, what is said', () => {
  const side = write(read(0), 1, place(0));
  expect(write(side, 2, place(4096)).released).toEqual(['virtio02']);
  expect(side.output(1).released).toEqual(['uart1']);
  expect(executed(side, 1).released).toEqual(['virtio01']);
});

test('a write waits for the last of several reads of its place, and then for the Output Rule as ever', () => {
  const side = read(0);
  side.do({ kind: 'reads', places: [place(512, 512)] });
  side.frame(2);
  write(side, 1, place(0));
  expect(executed(side, 1).released).toEqual([]);
  expect(side.ack(2).released).toEqual([]);
  expect(executed(side, 2).released).toEqual(['virtio01']);
});

test('once the backup has read it a write waits no more', () => {
  const side = executed(read(0), 1);
  expect(write(side, 1, place(0)).released).toEqual(['virtio01']);
  expect(side.core.status).toMatchObject({ heldBehindReads: 0 });
});

test('what is reported as released never goes back, though a write that waited leaves later', () => {
  const side = write(read(0), 1, place(0));
  write(side, 2, place(4096));
  executed(side, 1).pass(20);
  const reports = side.all.flatMap((effect) =>
    effect.kind === 'send' && effect.message.kind === 'released' ? [effect.message.released[DISK]] : [],
  );
  expect(reports.at(-1)).toBe(2n);
});

test('the backup is lost: what waited for it leaves when this side has won, before what was held later', () => {
  const side = write(read(0), 1, place(0));
  side.frame(2).output(7);
  side.pass(600);
  expect(side.core.state).toBe('claiming');
  side.do(won());
  expect(side.released).toEqual(['virtio01', 'uart7']);
});

test('this side is lost: what waited never leaves', () => {
  const side = write(read(0), 1, place(0)).pass(600);
  side.do(lost());
  expect([side.core.state, side.released]).toEqual(['halted', []]);
});

test('a planned switch asks nothing of the backup while a write waits for it', () => {
  const side = read(0);
  side.do({ kind: 'switch', reason: 'wanted' });
  write(side, 1, place(0)).do({ kind: 'quiet' });
  expect(side.of('settle')).toEqual([]);
  executed(side, 1);
  expect(side.kinds).toEqual(expect.arrayContaining(['release', 'settle']));
});

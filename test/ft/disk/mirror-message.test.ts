import { expect, test } from 'vitest';
import { encodeMirror, isMirror, type MirrorMessage, MirrorSplitter } from '../../../src/ft/disk/mirror-message.ts';
import { encodeMessage } from '../../../src/ft/protocol/wire.ts';

const data = Uint8Array.from({ length: 5_000 }, (_, i) => i * 7);
const range = { drive: 1, offset: 5 * 2 ** 32, length: data.length };
const MESSAGES: readonly MirrorMessage[] = [
  {
    kind: 'open',
    version: 1,
    pair: 'web',
    epoch: 7,
    who: 'a:1',
    host: 'a',
    copy: 3,
    drives: [{ device: 'virtio0', sizeBytes: 2 ** 40, file: '1:2' }],
  },
  { kind: 'compare', ...range },
  { kind: 'write', ...range, data },
  { kind: 'write', ...range, data: new Uint8Array(0) },
  { kind: 'sync' },
  { kind: 'synced' },
  { kind: 'complete' },
  { kind: 'ready' },
  { kind: 'refused', reason: 'it follows another' },
  { kind: 'digests', ...range, digests: data.slice(0, 160) },
  { kind: 'written', length: 4096 },
  { kind: 'completed' },
];

test('messages of a mirror come through any cutting, and are told from those of the logging channel', () => {
  const bytes = Buffer.concat(MESSAGES.map(encodeMirror));
  for (const piece of [1, 7, 4096, bytes.length]) {
    const splitter = new MirrorSplitter();
    const found: MirrorMessage[] = [];
    for (let at = 0; at < bytes.length; at += piece) found.push(...splitter.push(bytes.subarray(at, at + piece)));
    expect(found).toEqual(MESSAGES);
  }
  for (const message of MESSAGES) expect(isMirror(encodeMirror(message))).toBe(true);
  expect(isMirror(encodeMessage({ kind: 'alive' }))).toBe(false);
  expect(isMirror(encodeMessage({ kind: 'refuse', reason: '' }))).toBe(false);
});

test('a flipped bit of a block is told, never written', () => {
  const bytes = encodeMirror({ kind: 'write', ...range, data });
  bytes[bytes.length >> 1]! ^= 4;
  expect(() => [...new MirrorSplitter().push(bytes)]).toThrow('CRC');
});

test('a range that is longer than any is refused', () => {
  const bytes = encodeMirror({ kind: 'compare', drive: 0, offset: 0, length: 2 ** 21 });
  expect(() => [...new MirrorSplitter().push(bytes)]).toThrow('range');
});

/** Messages on the wire: found however the stream is cut, and found again behind anything else. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeMessage, type Incoming, MessageReader } from '../../../src/debug/dap/wire.ts';
import { newSeed } from '../timeline/support.ts';

const seed = newSeed();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function read(...parts: readonly Uint8Array[]): Incoming[] {
  const reader = new MessageReader();
  return parts.flatMap((part) => [...reader.push(part)]);
}

test(`messages arrive whole, wherever the stream is cut (LOCKSTEP_SEED=${seed})`, () => {
  const messages = fc.array(fc.record({ seq: fc.nat(), text: fc.string({ unit: 'grapheme' }) }), { maxLength: 5 });
  fc.assert(
    fc.property(messages, fc.array(fc.nat(300)), (sent, cuts) => {
      const stream = Uint8Array.from(sent.flatMap((message) => [...encodeMessage(message)]));
      const at = [0, ...cuts.filter((cut) => cut < stream.length).sort((a, b) => a - b), stream.length];
      const parts = at.slice(1).map((end, i) => stream.subarray(at[i]!, end));
      expect(read(...parts)).toEqual(sent.map((message) => ({ kind: 'message', message })));
    }),
    { seed, numRuns: 300 },
  );
});

test('other fields and other cases of letters are allowed; text may be in any alphabet', () => {
  const body = '"ä"';
  const stream = bytes(`Content-Type: x; charset=utf-8\r\ncontent-length: ${bytes(body).length}\r\n\r\n${body}`);
  expect(read(stream)).toEqual([{ kind: 'message', message: 'ä' }]);
});

test.each([
  ['a field of another protocol before the length', 'Host: 127.0.0.1\r\nContent-Length: 2'],
  ['one behind it', 'Content-Length: 2\r\nOrigin: http://example.org'],
  ['two lengths', 'Content-Length: 2\r\nContent-Length: 2'],
  ['a length in the middle of a line', 'Content-Type: content-length: 2'],
  ['a request of HTTP', 'POST / HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 2'],
])('a header with %s is not clean', (_, header) => {
  expect(read(bytes(`${header}\r\n\r\n{}`))[0]).toMatchObject({ kind: 'damaged', in: 'header' });
});

test.each([
  ['no length', 'Content-Type: x\r\n\r\n'],
  ['a length in words', 'Content-Length: ten\r\n\r\n{"a":1}'],
  ['a length below nothing', 'Content-Length: -5\r\n\r\n{}'],
  ['a length beyond belief', 'Content-Length: 999999999\r\n\r\n'],
  ['no JSON', 'Content-Length: 4\r\n\r\n{"a:'],
  ['bytes that are no text', 'Content-Length: 3\r\n\r\n\xff\xfe\xfd'],
  ['a header without an end', 'x'.repeat(20_000)],
])('%s: told, and the next message is read', (_, damage) => {
  const damaged = Uint8Array.from(damage, (letter) => letter.charCodeAt(0));
  const got = read(damaged, encodeMessage({ seq: 1 }));
  expect(got.at(-1)).toEqual({ kind: 'message', message: { seq: 1 } });
  expect(got.slice(0, -1).map(({ kind }) => kind)).toContain('damaged');
  expect(got.filter(({ kind }) => kind === 'message')).toHaveLength(1);
});

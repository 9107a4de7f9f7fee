/** Framing: what gdb's stream is taken apart into, and what is sent. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Incoming, PACKET_BYTES_MAX, PacketReader } from '../../../src/debug/gdb/packet-reader.ts';
import { encodePacket } from '../../../src/debug/gdb/packet-writer.ts';
import { bodiesOf, framed } from './toy-gdb.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const text = (body: Uint8Array): string => String.fromCharCode(...body);

function read(...chunks: (string | Uint8Array)[]): string[] {
  const reader = new PacketReader();
  const show = (incoming: Incoming): string =>
    incoming.kind === 'packet' ? text(incoming.body) : `(${incoming.kind})`;
  return chunks.flatMap((chunk) => [...reader.push(typeof chunk === 'string' ? bytes(chunk) : chunk)].map(show));
}

describe('what comes in', () => {
  test('packets, acknowledgements and interrupts, in order and cut anywhere', () => {
    expect(read('+$g#67-\x03$?#3f')).toEqual(['(ack)', 'g', '(nack)', '(interrupt)', '?']);
    expect(read('$', 'm80', ',4#3', '5')).toEqual(['m80,4']);
  });
  test('a wrong checksum, or none, is damage', () => {
    expect(read('$g#68')).toEqual(['(damaged)']);
    expect(read('$g#zz')).toEqual(['(damaged)']);
  });
  test('a packet that is cut by the next one is dropped', () => {
    expect(read('$m1234$g#67')).toEqual(['g']);
    expect(read('$g#6$g#67')).toEqual(['g']);
  });
  test('escapes are undone, and an interrupt byte inside a packet is a byte of it', () => {
    expect(read(framed('X1,2:#}*\x03'))).toEqual(['X1,2:#}*\x03']);
  });
  test('a packet over the limit is damage, and the next one is read', () => {
    expect(read(framed('a'.repeat(PACKET_BYTES_MAX)), framed('g')).map((body) => body.length)).toEqual([
      PACKET_BYTES_MAX,
      1,
    ]);
    expect(read(framed('a'.repeat(PACKET_BYTES_MAX + 1)), framed('g'))).toEqual(['(damaged)', 'g']);
  });
});

describe('what is sent', () => {
  test('a packet with its checksum', () => {
    expect(text(encodePacket('OK'))).toBe('$OK#9a');
    expect(text(encodePacket(''))).toBe('$#00');
  });
  test('runs are shortened; counts that would be mistaken for signs of the protocol are not used', () => {
    expect(text(encodePacket('0000'))).toBe('$0* #7a');
    expect(text(encodePacket('000'))).toBe('$000#90');
    for (let length = 1; length < 220; length++) {
      const sent = encodePacket('x'.repeat(length));
      const counts = [...text(sent).matchAll(/x\*(.)/g)].map((match) => match[1]);
      expect(counts.filter((count) => '#$+-'.includes(count!))).toEqual([]);
      expect(bodiesOf([...sent])).toEqual(['x'.repeat(length)]);
    }
  });
  test('any bytes come out as they went in', () => {
    const runs = fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 1, max: 120 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(runs, (parts) => {
        const body = Uint8Array.from(parts.flatMap(([byte, count]) => Array.from({ length: count }, () => byte)));
        expect(bodiesOf([...encodePacket(body)])).toEqual([text(body)]);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zstd } from '../../src/host/zstd.ts';
import { tick } from '../../src/lib/brands.ts';
import { xxh32 } from '../../src/lib/xxh32.ts';
import { type CborValue, decode, encode } from '../../src/logformat/cbor.ts';
import { crc32c } from '../../src/logformat/crc32c.ts';
import { FormatError } from '../../src/logformat/errors.ts';
import { decodeEvents, encodeEvents } from '../../src/logformat/events.ts';
import { decodeFrame, encodeFrame, MAX_PAYLOAD_BYTES, unpack } from '../../src/logformat/frame.ts';
import { LogReader } from '../../src/logformat/reader.ts';
import { FrameStream } from '../../src/logformat/stream.ts';
import { logOf, records } from './arbitrary.ts';
import { header, read, sourceOf } from './support.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('checksums agree with their published values', () => {
  it('CRC-32C', () => {
    expect(crc32c(ascii('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  });

  it('XXH32', () => {
    expect(xxh32(new Uint8Array(0))).toBe(0x02cc5d05);
    expect(xxh32(ascii('abc'))).toBe(0x32d153ff);
    expect(xxh32(ascii('Nobody inspects the spammish repetition'))).toBe(0xe2293b2f);
  });
});

const value: fc.Arbitrary<CborValue> = fc.letrec<{ any: CborValue }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.integer({ min: -0x80000000, max: 0x7fffffff }),
    fc.bigInt(1n << 32n, (1n << 64n) - 1n),
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.uint8Array(),
    fc.array(tie('any'), { maxLength: 5 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie('any'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).any;

describe('CBOR', () => {
  it('comes back as it went', () => {
    fc.assert(
      fc.property(value, (each) => {
        expect(decode(encode(each))).toEqual(each);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses hostile bytes with a FormatError and no great allocation', () => {
    const refuses = (bytes: Uint8Array) => {
      try {
        decode(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), refuses), { numRuns: 2000 });
    for (const hex of [
      '9b00000001ffffffff',
      'bb7fffffffffffffff',
      '5b7fffffffffffffff00',
      '9f',
      'c100',
      'd81c80',
      'fb3ff0000000000000',
      `${'81'.repeat(99)}00`,
    ]) {
      expect(() => decode(new Uint8Array(Buffer.from(hex, 'hex')))).toThrow(FormatError);
    }
  });

  it('refuses to write a fraction', () => {
    expect(() => encode(1.5)).toThrow(RangeError);
  });
});

describe('events', () => {
  it('come back as they went', () => {
    const same = (all: Parameters<typeof encodeEvents>[0]) => {
      const first = all[0]?.tick ?? tick(0);
      expect(decodeEvents(encodeEvents(all, first), first)).toEqual(all);
    };
    fc.assert(fc.property(records, same), { numRuns: 500 });
  });

  it('of hostile bytes are refused with a FormatError', () => {
    const refuses = (payload: Uint8Array) => {
      try {
        decodeEvents(payload, tick(0));
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), refuses), { numRuns: 5000 });
  });

  it('refuse ticks that go back', () => {
    const late = { kind: 'progress', tick: tick(5) } as const;
    expect(() => encodeEvents([late, { ...late, tick: tick(4) }], tick(0))).toThrow(RangeError);
  });

  it('cost at most six bytes for a clock anchor without compression', () => {
    const anchors = Array.from({ length: 1000 }, (_, i) => ({
      kind: 'clock' as const,
      tick: tick(100_000 * i),
      time: 10_000n * BigInt(i),
      rate: BigInt(96 + (i % 13)) << 14n,
    }));
    expect(encodeEvents(anchors, tick(0)).length / anchors.length).toBeLessThanOrEqual(8);
  });
});

describe('a log', () => {
  it('comes back as it went, header, records and end', () => {
    const same = (all: Parameters<typeof logOf>[0]) => {
      const reader = new LogReader(sourceOf(logOf(all, zstd)), zstd);
      expect(reader.header).toEqual(header);
      const found = read(reader);
      expect(found.records).toEqual(all);
      expect(found.finish).toMatchObject({
        kind: 'end',
        end: { halt: { reason: 'finisher', code: 3 }, digest: 0xabcdn },
      });
      expect(reader.end()?.end).toEqual(found.finish.kind === 'end' ? found.finish.end : undefined);
    };
    fc.assert(fc.property(records, same), { numRuns: 200 });
  });

  it('is the same frames from a stream in pieces of any size', () => {
    const same = (all: Parameters<typeof logOf>[0], size: number) => {
      const bytes = logOf(all, zstd);
      const stream = new FrameStream();
      const frames: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        stream.push(bytes.slice(at, at + size));
        for (let frame = stream.next(); frame !== undefined; frame = stream.next()) frames.push(frame.bytes);
      }
      expect(stream.waiting).toBe(0);
      expect(Buffer.compare(Buffer.concat(frames), bytes)).toBe(0);
    };
    fc.assert(fc.property(records, fc.integer({ min: 1, max: 300 }), same), { numRuns: 100 });
  });

  it('packs what is long and leaves what is short as it is', () => {
    const stored = (length: number) => {
      const frame = { kind: 'events', sequence: 1, firstTick: tick(0), payload: new Uint8Array(length) } as const;
      const decoded = decodeFrame(encodeFrame(frame, zstd));
      expect(unpack(decoded, zstd)).toEqual(frame.payload);
      return decoded.encoding;
    };
    expect([100, 511, 512, 100_000].map(stored)).toEqual(['none', 'none', 'zstd', 'zstd']);
  });

  it('with a payload that would unpack beyond all bounds is refused', () => {
    const payload = zstd.compress(new Uint8Array(MAX_PAYLOAD_BYTES + 1));
    const frame = decodeFrame(encodeFrame({ kind: 'events', sequence: 1, firstTick: tick(0), payload }, undefined));
    expect(() => unpack({ ...frame, encoding: 'zstd' }, zstd)).toThrow(FormatError);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tick } from '../../src/lib/brands.ts';
import {
  decodePages,
  decodeState,
  encodePages,
  encodeState,
  type LoggedState,
  PAGES_PER_FRAME,
  type PageRun,
} from '../../src/logformat/checkpoint.ts';
import { FormatError } from '../../src/logformat/errors.ts';

const u64 = fc.bigInt(0n, (1n << 64n) - 1n);
const run = fc
  .record({
    skip: fc.nat(3000),
    index: fc.nat(PAGES_PER_FRAME - 1),
    count: fc.integer({ min: 1, max: PAGES_PER_FRAME }),
    frame: fc.nat(1e6),
  })
  .map(({ index, count, ...rest }) => ({ ...rest, index, count: Math.min(count, PAGES_PER_FRAME - index) }));
const ram: fc.Arbitrary<PageRun[]> = fc.array(run, { maxLength: 30 }).map((runs) => {
  let next = 0;
  return runs.map(({ skip, count, frame, index }) => {
    const page = next + skip;
    next = page + count;
    return { page, count, frame, index };
  });
});
const state: fc.Arbitrary<LoggedState> = fc.record({
  left: fc.nat(65536),
  digest: u64,
  marks: fc.record({
    open: fc.array(fc.record({ device: fc.constant('uart'), bytes: fc.uint8Array(), tick: u64.map(tick) }), {
      maxLength: 3,
    }),
    closed: fc.array(
      fc.record({ device: fc.constant('virtio0'), length: fc.nat(), digest: u64, tick: u64.map(tick) }),
      { maxLength: 3 },
    ),
  }),
  line: fc.uint8Array(),
  machine: fc.constant({ harts: [{ pc: 5, tags: Uint8Array.of(1, 2) }], devices: {}, halt: null }),
  ram,
});

describe('a checkpoint in a log', () => {
  it('comes back as it went', () => {
    fc.assert(
      fc.property(state, (one) => {
        expect(decodeState(encodeState(one))).toEqual(one);
      }),
    );
    const pages = Uint8Array.from({ length: 3 * 4096 }, (_, i) => i % 251);
    expect(decodePages(encodePages(pages))).toEqual(pages);
    expect(decodePages(encodePages(new Uint8Array(0)))).toEqual(new Uint8Array(0));
  });

  it('pages are not taken for a state, nor a state for pages, nor half a page for a page', () => {
    const [one] = fc.sample(state, 1);
    expect(() => decodePages(encodeState(one!))).toThrow(FormatError);
    expect(() => decodeState(encodePages(new Uint8Array(4096)))).toThrow(FormatError);
    expect(() => decodePages(encodePages(new Uint8Array(4000)))).toThrow(FormatError);
  });

  it('is refused as a format error, whatever is wrong with its bytes', () => {
    const check = (payload: Uint8Array): void => {
      for (const decode of [decodeState, decodePages]) {
        try {
          decode(payload);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
        }
      }
    };
    fc.assert(
      fc.property(state, fc.nat(), fc.nat(255), (one, at, byte) => {
        const payload = encodeState(one);
        payload[at % payload.length] = byte;
        check(payload);
        check(payload.slice(0, at % payload.length));
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), check));
  });
});

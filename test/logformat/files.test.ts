import { describe, expect, it } from 'vitest';
import { zstd } from '../../src/host/zstd.ts';
import { tick } from '../../src/lib/brands.ts';
import { UserError } from '../../src/lib/errors.ts';
import { encode } from '../../src/logformat/cbor.ts';
import { decodeIndex } from '../../src/logformat/closing.ts';
import { FormatError } from '../../src/logformat/errors.ts';
import { encodeEvents } from '../../src/logformat/events.ts';
import { decodeFrame, encodeFrame } from '../../src/logformat/frame.ts';
import { FrameIndex } from '../../src/logformat/frame-index.ts';
import { FrameWriter } from '../../src/logformat/frame-writer.ts';
import { encodeHeader, type LogHeader } from '../../src/logformat/header.ts';
import { readImages } from '../../src/logformat/image.ts';
import { LogReader } from '../../src/logformat/reader.ts';
import type { LogRecord } from '../../src/logformat/records.ts';
import { planRepair, rewriteWithImages } from '../../src/logformat/rewrite.ts';
import { logOf } from './arbitrary.ts';
import { header, MemoryLog, read, sourceOf } from './support.ts';

const records: LogRecord[] = Array.from({ length: 50 }, (_, i) => ({
  kind: 'nondet' as const,
  tick: tick(1000 * i),
  source: i % 2,
  value: BigInt(i * i),
}));
const log = logOf(records, zstd);
const open = (bytes: Uint8Array): LogReader => new LogReader(sourceOf(bytes), zstd);

function errorOf(bytes: Uint8Array): { code: string; exitCode: number; message: string } {
  try {
    read(open(bytes));
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('a file that cannot be used is refused with its reason and exit code 3', () => {
  it.each([
    ['an empty file', new Uint8Array(0), 'not-a-recording'],
    ['text', new TextEncoder().encode('QEMU replay log, or anything else'), 'not-a-recording'],
    ['a frame without a header', log.slice(open(log).index()[1]!.offset), 'not-a-recording'],
    ['other self-described CBOR', Uint8Array.of(0xd9, 0xd9, 0xf7, 0x86, 0, 0, 0, 0, 0x41), 'damaged-header'],
    ['half a header', log.slice(0, 60), 'damaged-header'],
    ['a newer major version', encodeHeader({ ...header, version: [2, 0] }), 'newer-format'],
    ['a newer minor version', encodeHeader({ ...header, version: [1, 2] }), 'newer-format'],
  ])('%s', (_, bytes, code) => {
    expect(errorOf(bytes)).toMatchObject({ code, exitCode: 3 });
    expect(errorOf(bytes).message).not.toContain('\n');
  });

  it('a kind of frame or record that this version does not know', () => {
    const first = encodeHeader(header);
    const events = (payload: Uint8Array) =>
      encodeFrame({ kind: 'events', sequence: 1, firstTick: tick(0), payload }, undefined);
    const strange = events(Uint8Array.of(1, 0, 99, 1, 0));
    expect(errorOf(new Uint8Array(Buffer.concat([first, strange])))).toMatchObject({
      code: 'newer-format',
      exitCode: 3,
    });
  });

  it('a header of another format', () => {
    const payload = encode({ format: 'tape', version: [1, 0] });
    const bytes = encodeFrame({ kind: 'header', sequence: 0, firstTick: tick(0), payload }, undefined);
    expect(errorOf(bytes).code).toBe('not-a-recording');
  });
});

describe('a walk tells bytes that are missing from bytes that are wrong', () => {
  const [, first, second, ...others] = open(log)
    .index()
    .map(({ offset }) => offset);
  const last = others.at(-1)!;
  const flipped = (at: number, bit: number): Uint8Array => log.map((byte, i) => (i === at ? byte ^ bit : byte));
  const without = new Uint8Array(Buffer.concat([log.slice(0, first), log.slice(second)]));
  // Its heads state a payload of 65,535 bytes, which reaches past the end.
  const long = log.slice();
  long.set([0x86, 1, log[last + 2]!, 0, 0, 0x59, 0xff, 0xff], last);
  it.each([
    ['no end', log.slice(0, last), undefined],
    ['half a frame', log.slice(0, last + 20), undefined],
    ['half an end', log.slice(0, -3), undefined],
    ['a wrong bit in the middle', flipped(last - 20, 1), true],
    ['a wrong bit in the end', flipped(log.length - 12, 1), true],
    ['a frame that states a wrong length', long, true],
    ['a frame that is not there', without, true],
    ['bytes behind the end', Uint8Array.of(...log, 0), true],
  ])('%s', (_, bytes, damaged) => {
    const { finish } = read(open(bytes));
    expect(finish.kind).toBe('cut');
    expect(finish.kind === 'cut' && finish.damaged).toBe(damaged);
  });
});

describe('a checkpoint frame', () => {
  it('is read and passed over', () => {
    const sink = new MemoryLog();
    sink.write(encodeHeader(header));
    sink.write(
      encodeFrame({ kind: 'checkpoint', sequence: 1, firstTick: tick(0), payload: encode({ later: 1 }) }, zstd),
    );
    const found = read(open(sink.bytes));
    expect(found).toMatchObject({ records: [], finish: { kind: 'cut', offset: sink.bytes.length } });
  });
});

describe('the index', () => {
  it('is found from the end, and rebuilt by a walk when it is not there', () => {
    const index = open(log).index();
    const cut = log.slice(0, open(log).end()!.indexOffset);
    expect(open(cut).end()).toBeUndefined();
    expect(open(cut).index()).toEqual(index);
    expect(index.map(({ kind }) => kind)).toEqual(['header', ...Array.from({ length: 7 }, () => 'events')]);
    for (const { offset, firstTick } of index) expect(open(log).frameAt(offset).firstTick).toBe(firstTick);
  });
});

describe('an index of too many frames', () => {
  const frames = (index?: FrameIndex): MemoryLog => {
    const sink = new MemoryLog();
    const writer = new FrameWriter(sink, zstd, index);
    writer.header(header);
    for (let i = 0; i < 9; i++) writer.frame('checkpoint', tick(i * 1000), encode({ later: i }));
    const { end } = open(log).end()!;
    writer.close({ ...end, ticks: tick(9000) });
    return sink;
  };

  it('is empty, and rebuilt by a walk', () => {
    const whole = open(frames().bytes).index();
    expect(whole).toHaveLength(10);
    const full = new FrameIndex([], 5);
    const reader = open(frames(full).bytes);
    expect(full.count).toBe(12);
    expect(full.entries).toEqual([]);
    expect(decodeIndex(reader.payloadOf(reader.frameAt(reader.end()!.indexOffset)))).toEqual([]);
    expect(reader.index()).toEqual(whole);
  });

  it('grows with the recording until then', () => {
    const index = new FrameIndex([], 1000);
    const entries = Array.from({ length: 1000 }, (_, i) => {
      return { kind: 'events', offset: 2 ** 40 + 100 * i, firstTick: tick((1n << 60n) + BigInt(i)) } as const;
    });
    for (const entry of entries) index.add(entry);
    expect(index.entries).toEqual(entries);
  });
});

describe('a repair', () => {
  it('has nothing to do on a sound log', () => {
    expect(planRepair(open(log), zstd)).toBeUndefined();
  });

  it('makes a cut log whole, up to its last whole frame', () => {
    for (let length = open(log).index()[1]!.offset; length < log.length; length += 7) {
      const cut = open(log.slice(0, length));
      const kept = read(cut).records;
      const repair = planRepair(cut, zstd)!;
      const mended = new Uint8Array(Buffer.concat([log.slice(0, repair.keepBytes), repair.append]));
      const found = read(open(mended));
      expect(found.records).toEqual(kept);
      expect(found.finish).toMatchObject({ kind: 'end', end: { repaired: true, digest: undefined, halt: undefined } });
      expect(open(mended).end()).toBeDefined();
    }
  });

  it('drops bytes that follow the end', () => {
    const repair = planRepair(open(Uint8Array.of(...log, 1, 2, 3)), zstd)!;
    expect(read(open(new Uint8Array(Buffer.concat([log.slice(0, repair.keepBytes), repair.append]))))).toMatchObject({
      records,
      finish: { kind: 'end' },
    });
  });
});

describe('a packed log', () => {
  const image = Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * i) >> 7);
  const packed = (bytes: Uint8Array, images: ReadonlyMap<string, Uint8Array>) => {
    const sink = new MemoryLog();
    rewriteWithImages(open(bytes), images, sink, zstd);
    return sink.bytes;
  };

  it('gives its images back and replays the same records', () => {
    const bytes = packed(log, new Map([['kernel', image]]));
    expect(Buffer.compare(readImages(open(bytes)).get('kernel')!, image)).toBe(0);
    expect(read(open(bytes))).toEqual(read(open(log)));
  });

  it('is the first log again, byte for byte, when it is stripped', () => {
    expect(Buffer.compare(packed(packed(log, new Map([['kernel', image]])), new Map()), log)).toBe(0);
  });

  it('can be packed twice, and refuses an image of the wrong size', () => {
    const once = packed(log, new Map([['kernel', image]]));
    expect(Buffer.compare(packed(once, new Map([['kernel', image]])), once)).toBe(0);
    expect(() => readImages(open(packed(log, new Map([['kernel', image.slice(1)]]))))).toThrow('bytes');
  });
});

describe('image frames', () => {
  const SIZE = 2_500_000;
  /** A log of these frames after the header, and where the last of them begins. */
  const logOfParts = (stated: number, ...parts: readonly { role: string; offset: number; length: number }[]) => {
    const sink = new MemoryLog();
    const writer = new FrameWriter(sink, zstd);
    writer.header({ ...header, images: { kernel: { ...header.images.kernel!, size: stated } } });
    let last = 0;
    for (const { role, offset, length } of parts) {
      last = writer.offset;
      writer.frame('image', tick(0), encode({ role, offset, bytes: new Uint8Array(length) }));
    }
    return { bytes: sink.bytes, last };
  };
  const part = (offset: number, length: number, role = 'kernel') => ({ role, offset, length });

  it.each([
    ['more than the header states', SIZE, [part(0, SIZE - 1), part(SIZE - 1, 2)], /more than the 2500000 bytes/],
    ['more after the last byte', SIZE, [part(0, SIZE), part(SIZE, 1)], /more than the 2500000 bytes/],
    ['nothing', SIZE, [part(0, 10), part(10, 0)], /a part of the kernel is empty/],
    ['nothing, again, of an image of nothing', 0, [part(0, 0), part(0, 0)], /a part of the kernel is empty/],
    ['what does not follow', SIZE, [part(0, 10), part(11, 10)], /gap/],
    ['an image that the header does not name', SIZE, [part(0, 10), part(0, 10, 'initrd')], /names no initrd image/],
    ['an image by the name of something else', SIZE, [part(0, 10), part(0, 10, 'constructor')], /no constructor image/],
    ['an image that no machine takes', 2 ** 40, [part(0, 10)], /no machine takes a kernel of 1099511627776 bytes/],
  ])('that hold %s are damage, which is told with its place', (_, stated, parts, says) => {
    const { bytes, last } = logOfParts(stated, ...parts);
    const reading = (): unknown => readImages(open(bytes));
    expect(reading).toThrow(FormatError);
    expect(reading).toThrow(says);
    expect(reading).toThrow(`at byte ${last}`);
  });

  it('of an image of nothing are one that is empty', () => {
    expect(readImages(open(logOfParts(0, part(0, 0)).bytes)).get('kernel')).toEqual(new Uint8Array(0));
  });
});

describe('the bytes of version 1.0 are frozen', () => {
  const hex = (bytes: Uint8Array) =>
    Buffer.from(bytes)
      .toString('hex')
      .match(/.{1,80}/g);

  it('events', () => {
    const each: LogRecord[] = [
      { kind: 'clock', tick: tick(10), time: 1000n, rate: 3n << 20n },
      { kind: 'clock', tick: tick(26), time: 1003n, rate: 3n << 20n },
      { kind: 'console', tick: tick(26), device: 'uart', bytes: Uint8Array.of(65, 66) },
      { kind: 'packet', tick: tick(27), device: 'virtio1', frame: Uint8Array.of(1) },
      { kind: 'disk', tick: tick(28), device: 'virtio0', request: 3, status: 0, data: Uint8Array.of(9) },
      { kind: 'entropy', tick: tick(29), device: 'virtio2', request: 4, bytes: Uint8Array.of(8) },
      { kind: 'nondet', tick: tick(30), source: 1, value: 300n },
      { kind: 'nondet', tick: tick(31), source: 1, value: 299n },
      { kind: 'output', tick: tick(32), device: 'uart', length: 5, digest: 0x0102030405060708n },
      { kind: 'digest', tick: tick(32), scope: 'all', digest: 0x1112131415161718n },
      { kind: 'control', tick: tick(33), action: 'reset' },
      { kind: 'progress', tick: tick(200) },
    ];
    const sink = logOf(each, { compress: (bytes) => bytes, decompress: (bytes) => bytes }, 100);
    const frame = decodeFrame(open(sink).frameAt(open(sink).index()[1]!.offset).bytes);
    expect(hex(frame.bytes)).toMatchInlineSnapshot(`
      [
        "8601010a0058700c0404756172740776697274696f310776697274696f300776697274696f320102",
        "020103010401050106020701080109010a010010000101010101010001a701d401d401d00f000002",
        "41420101010203000109030401080101d80401000501020304050607080111121314151617180144",
        "d949e991",
      ]
    `);
  });

  it('events of version 1.3', () => {
    const each: LogRecord[] = [
      { kind: 'suspend', tick: tick(10) },
      { kind: 'resume', tick: tick(10) },
      { kind: 'share', tick: tick(11), percent: 40 },
    ];
    expect(hex(encodeEvents(each, tick(10)))).toMatchInlineSnapshot(`
      [
        "03000c010d010e0100000128",
      ]
    `);
  });

  it('header', () => {
    expect(hex(encodeHeader(header satisfies LogHeader))).toMatchInlineSnapshot(`
      [
        "d9d9f78600000000590157a866666f726d6174686c6f636b737465706776657273696f6e82010064",
        "746f6f6c65302e312e3067637265617465641b17979cfe3d85cd1567636f6d6d616e648366726563",
        "6f7264682d2d6b65726e656c6968656c6c6f2e656c66676d616368696e65a8666d656d6f72791a08",
        "0000006568617274730168626f6f74417267736d636f6e736f6c653d74747953306f6275696c7469",
        "6e4669726d77617265f565636c6f636b64686f73746565706f63681b100000000000000067726e67",
        "53656564582000000000000000000000000000000000000000000000000000000000000000006764",
        "6576696365738066696d61676573a1666b65726e656ca36673686132353658200707070707070707",
        "0707070707070707070707070707070707070707070707076473697a651a002625a0646e616d6569",
        "68656c6c6f2e656c666764696765737473a265736d616c6c19040063616c6c191000440a652c8d",
      ]
    `);
  });
});

/** Random records and logs for the property tests. */
import fc from 'fast-check';
import { tick } from '../../src/lib/brands.ts';
import type { Codec } from '../../src/logformat/frame.ts';
import { ACTIONS, type LogRecord, SCOPES } from '../../src/logformat/records.ts';
import { LogWriter } from '../../src/logformat/writer.ts';
import { header, MemoryLog } from './support.ts';

const u64 = fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, (1n << 64n) - 1n));
const u32 = fc.oneof(fc.nat(300), fc.nat(0xffffffff));
const device = fc.constantFrom('uart', 'virtio0', 'virtio1', 'virtio7');
const bytes = fc.uint8Array({ maxLength: 40 });
/** A rate with at most 57 significant bits. */
const rate = fc.tuple(fc.bigInt(0n, (1n << 26n) - 1n), fc.nat(38)).map(([bits, zeros]) => bits << BigInt(zeros));

/** A record without its tick. */
const body: fc.Arbitrary<{ readonly kind: LogRecord['kind'] }> = fc.oneof(
  fc.record({ kind: fc.constant('clock' as const), time: u64, rate }),
  fc.record({ kind: fc.constant('console' as const), device, bytes }),
  fc.record({ kind: fc.constant('packet' as const), device, frame: bytes }),
  fc.record({ kind: fc.constant('disk' as const), device, request: u32, status: u32, data: bytes }),
  fc.record({ kind: fc.constant('entropy' as const), device, request: u32, bytes }),
  fc.record({ kind: fc.constant('nondet' as const), source: u32, value: u64 }),
  fc.record({ kind: fc.constant('output' as const), device, length: u32, digest: u64 }),
  fc.record({ kind: fc.constant('digest' as const), scope: fc.constantFrom(...SCOPES), digest: u64 }),
  fc.record({ kind: fc.constant('control' as const), action: fc.constantFrom(...ACTIONS) }),
  fc.record({ kind: fc.constantFrom('progress' as const, 'suspend' as const, 'resume' as const) }),
  fc.record({ kind: fc.constant('share' as const), percent: u32 }),
);

export const records: fc.Arbitrary<LogRecord[]> = fc
  .array(fc.tuple(fc.oneof(fc.constant(0n), fc.bigInt(0n, 1n << 40n)), body), { maxLength: 40 })
  .map((steps) => {
    let at = 0n;
    return steps.map(([distance, rest]) => {
      at += distance;
      return { ...rest, tick: tick(at) } as LogRecord;
    });
  });

/** A whole log; a frame is cut after every `perFrame` records. */
export function logOf(all: readonly LogRecord[], codec: Codec, perFrame = 8): Uint8Array {
  const sink = new MemoryLog();
  const writer = new LogWriter(sink, codec, header);
  all.forEach((record, i) => {
    writer.append(record);
    if (i % perFrame === perFrame - 1) writer.flush();
  });
  const ticks = all.at(-1)?.tick ?? tick(0);
  writer.close({
    ticks,
    time: 5n,
    elapsedNs: 1_000_000n,
    digest: 0xabcdn,
    halt: { reason: 'finisher', code: 3 },
    repaired: false,
  });
  return sink.bytes;
}

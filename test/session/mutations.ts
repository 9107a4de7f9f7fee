/** Logs with one thing wrong. */
import { tick } from '../../src/lib/brands.ts';
import type { LogRecord } from '../../src/logformat/records.ts';

const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte));

/** Logs that differ from `records` in record `i` alone and stay in order. A digest left out or moved is no error. */
export function* mutations(records: readonly LogRecord[], i: number): Generator<LogRecord[]> {
  const record = records[i]!;
  const replaced = (...values: readonly LogRecord[]) => [...records.slice(0, i), ...values, ...records.slice(i + 1)];
  for (const changed of changes(record)) yield replaced(changed);
  if (record.kind === 'digest') return;
  const next = records[i + 1];
  const room = next === undefined || next.tick > record.tick;
  if (room && record.kind !== 'output') yield replaced({ ...record, tick: tick(record.tick + 1n) });
  yield replaced();
  if (record.kind === 'nondet' || record.kind === 'output') yield replaced(record, record);
}

function changes(record: LogRecord): LogRecord[] {
  switch (record.kind) {
    case 'clock':
      return [
        { ...record, time: record.time + 1n },
        { ...record, rate: record.rate + 64n },
      ];
    case 'console':
    case 'entropy':
      return [{ ...record, bytes: flip(record.bytes) }];
    case 'packet':
      return [{ ...record, frame: flip(record.frame) }];
    case 'disk':
      return [
        { ...record, request: record.request + 100 },
        ...(record.data.length > 0 ? [{ ...record, data: flip(record.data) }] : []),
      ];
    case 'nondet':
      return [
        { ...record, value: record.value ^ 1n },
        { ...record, source: record.source + 1 },
      ];
    case 'output':
      return [
        { ...record, digest: record.digest ^ 1n },
        { ...record, length: record.length + 1 },
      ];
    case 'digest':
      return [{ ...record, digest: record.digest ^ 1n }];
    default:
      return [];
  }
}

/** Every `stride`-th record wrong in every way: the mutations that `diverges` does not notice, described. */
export function unnoticed(
  records: readonly LogRecord[],
  stride: number,
  diverges: (mutated: readonly LogRecord[]) => boolean,
): { readonly tried: number; readonly unnoticed: readonly string[] } {
  const missed: string[] = [];
  let tried = 0;
  for (let i = 0; i < records.length; i += stride) {
    for (const mutated of mutations(records, i)) {
      tried++;
      if (!diverges(mutated)) missed.push(`record ${i}, ${records[i]!.kind} at tick ${records[i]!.tick}`);
    }
  }
  return { tried, unnoticed: missed };
}

import { describe, expect, it } from 'vitest';
import { ProgressSource } from '../../../src/ft/guest/progress-source.ts';
import { zstd } from '../../../src/host/zstd.ts';
import { tick } from '../../../src/lib/brands.ts';
import { LogReader } from '../../../src/logformat/reader.ts';
import { LogWriter } from '../../../src/logformat/writer.ts';
import type { Moment } from '../../../src/session/source.ts';
import { header, MemoryLog, read, sourceOf } from '../../logformat/support.ts';
import { progress, seedRead } from './support.ts';

const MS = 1_000_000n;

function make() {
  const sink = new MemoryLog();
  const log = new LogWriter(sink, zstd, header);
  const host = { ns: 0n, asked: 0 };
  const source = new ProgressSource({
    source: {
      next: () => {
        host.asked++;
        return 'end';
      },
      nondet: (kind) => BigInt(kind),
    },
    log,
    nowNs: () => host.ns,
    intervalNs: 2n * MS,
  });
  const at = (moment: number, ns: bigint, state: Moment['state'] = 'running') => {
    host.ns = ns;
    return source.next({ tick: tick(moment), time: 0n, nextTimer: undefined, state });
  };
  /** Records that are written, and frames. */
  const written = () => {
    const reader = new LogReader(sourceOf(sink.bytes), zstd);
    return { records: read(reader).records, frames: [...reader.frames()].length - 1 };
  };
  return { log, host, at, written, source };
}

describe('a progress source', () => {
  it('says at most once in an interval how far a running guest has come', () => {
    const { at, written, host } = make();
    for (let ms = 0; ms < 10; ms++) expect(at(100 * (ms + 1), BigInt(ms) * MS)).toBe('end');
    expect(host.asked).toBe(10);
    expect(written()).toEqual({ records: [300, 500, 700, 900].map(progress), frames: 4 });
  });

  it('says nothing when the log says it already, and then only writes what waits', () => {
    const { at, log, written } = make();
    log.append(seedRead(150));
    at(150, MS);
    expect(written().records).toEqual([]);
    at(150, 2n * MS);
    expect(written()).toEqual({ records: [seedRead(150)], frames: 1 });
  });

  it('writes at once when the guest is about to wait, and nothing while it waits at the same tick', () => {
    const { at, log, written } = make();
    log.append(seedRead(7));
    at(10, 1n, 'waiting');
    expect(written()).toEqual({ records: [seedRead(7), progress(10)], frames: 1 });
    for (let ms = 1; ms < 100; ms++) at(10, BigInt(ms) * MS, 'waiting');
    expect(written().frames).toBe(1);
    at(11, 100n * MS, 'waiting');
    expect(written().records.at(-1)).toEqual(progress(11));
  });

  it('counts the interval from whoever flushed last', () => {
    const { at, log, written } = make();
    log.append(seedRead(5));
    log.flush();
    at(10, 2n * MS);
    at(20, 3n * MS);
    expect(written().frames).toBe(1);
    at(30, 4n * MS);
    expect(written()).toEqual({ records: [seedRead(5), progress(30)], frames: 2 });
  });

  it('adds nothing for a guest that has halted, and hands reads on', () => {
    const { at, written, source } = make();
    at(10, 10n * MS, 'halted');
    expect(written().frames).toBe(0);
    expect(source.nondet(3, tick(0))).toBe(3n);
  });
});

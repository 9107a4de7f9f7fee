import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MachineConfig } from '../../src/emu/machine/machine.ts';
import { zstd } from '../../src/host/zstd.ts';
import { LogReader } from '../../src/logformat/reader.ts';
import { RECORD_KINDS, ROWS } from '../../src/logformat/records.ts';
import { rewriteWithImages } from '../../src/logformat/rewrite.ts';
import { configFromCbor, configToCbor } from '../../src/session/machine-config.ts';
import { record } from '../session/support.ts';
import { parseCddl } from './cddl.ts';
import { schemaErrors } from './schema-check.ts';
import { MemoryLog, sourceOf } from './support.ts';

const config: MachineConfig = {
  memoryBytes: 2 ** 31,
  harts: 1,
  bootArgs: 'root=/dev/vda',
  builtinFirmware: true,
  clock: 'exact',
  epochNs: 1_700_000_000_000_000_000n,
  rngSeed: new Uint8Array(32).fill(5),
  devices: [
    { type: 'block', sizeBytes: 2 ** 40, readOnly: false, serial: 'disk0' },
    { type: 'net', mac: Uint8Array.of(2, 0, 0, 0, 0, 1), mtu: 1500 },
    { type: 'console' },
    { type: 'entropy' },
  ],
};

describe('the schema', () => {
  it('agrees with recordings, packed and not, halted and stopped', () => {
    for (const clock of ['host', 'ticks', 'exact'] as const) {
      const { bytes } = record(1, { clock, lastTick: 5000n });
      expect(schemaErrors(bytes)).toEqual([]);
      const packed = new MemoryLog();
      rewriteWithImages(
        new LogReader(sourceOf(bytes), zstd),
        new Map([['kernel', new Uint8Array(3_000_000)]]),
        packed,
        zstd,
      );
      expect(schemaErrors(packed.bytes)).toEqual([]);
    }
  });

  it('finds what does not agree', () => {
    const rules = parseCddl(readFileSync(new URL('../../docs/log-format.cddl', import.meta.url), 'utf8'));
    expect(rules.get('halt')!({ reason: 'x' }, 'halt')).toBe('halt.code: missing');
    expect(rules.get('halt')!({ reason: 'x', code: 1, more: 2 }, 'halt')).toBe('halt.more: unknown');
    expect(rules.get('frame-item')!([9, 0, 0, 0, new Uint8Array(0), new Uint8Array(4)], 'frame')).toContain('not 1..5');
    expect(rules.get('machine')!(configToCbor(config), 'machine')).toBeUndefined();
  });

  it('has every record of the table in the document, with its tag and fields', () => {
    const document = readFileSync(new URL('../../docs/log-format.md', import.meta.url), 'utf8');
    for (const kind of RECORD_KINDS) {
      const { tag, since, columns } = ROWS[kind];
      const line = document.split('\n').find((each) => each.startsWith(`| ${tag} | ${kind} |`));
      expect(line, kind).toBeDefined();
      expect(line!.trimEnd().endsWith(`| 1.${since} |`)).toBe(true);
      const order = columns.map(([field]) => line!.indexOf(` ${field}`, line!.indexOf(kind) + kind.length));
      expect(
        order.every((position, i) => position > (order[i - 1] ?? 0)),
        kind,
      ).toBe(true);
    }
  });
});

describe('a machine configuration', () => {
  it('comes back from the header as it went', () => {
    expect(configFromCbor(configToCbor(config))).toEqual(config);
  });

  it('is refused when a field is wrong', () => {
    expect(() => configFromCbor({ ...configToCbor(config), clock: 'sundial' })).toThrow('sundial');
    expect(() => configFromCbor({ ...configToCbor(config), memory: 'much' })).toThrow('a number is missing');
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { zstd } from '../../src/host/zstd.ts';
import { LogReader } from '../../src/logformat/reader.ts';
import { record } from '../session/support.ts';
import { read, sourceOf } from './support.ts';

/** Debian's package serves Debian's own interpreter, which need not be the first on the PATH. */
const python = ['python3', '/usr/bin/python3'].find((each) => spawnSync(each, ['-c', 'import cbor2']).status === 0);

it.skipIf(python === undefined)("Python's cbor2 (Debian: python3-cbor2) walks a recording to its end", () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
  try {
    const { bytes } = record(4, { clock: 'host', lastTick: 30_000n });
    const file = join(folder, 'recording');
    writeFileSync(file, bytes);
    const script = fileURLToPath(new URL('walk.py', import.meta.url));
    const walked = JSON.parse(execFileSync(python!, [script, file], { encoding: 'utf8' }));
    const reader = new LogReader(sourceOf(bytes), zstd);
    const { finish } = read(reader);
    expect(finish.kind).toBe('end');
    expect(walked).toMatchObject({
      format: 'lockstep',
      ticks: 30_000,
      events: finish.kind === 'end' ? finish.end.events : {},
    });
    expect(walked.kinds).toHaveLength(reader.index().length + 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

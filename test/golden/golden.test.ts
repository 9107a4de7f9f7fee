/** Recordings made by every released version replay to the same end, with every digest, and say the same. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { replayFile } from '../../src/host/replay-file.ts';

const folder = import.meta.dirname;
const versions = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

it('there is at least one released version', () => expect(versions.length).toBeGreaterThan(0));

describe.each(versions)('version %s', (version) => {
  const recordings = readdirSync(join(folder, version)).filter((name) => name.endsWith('.lks'));
  it.each(recordings)('%s', async (name) => {
    const file = join(folder, version, name);
    const output = new PassThrough();
    let text = '';
    output.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
    });
    const outcome = await replayFile({ file, engine: 'interpreter' }, { output });
    expect(outcome).toMatchObject({ ending: 'halted', exitCode: 0 });
    expect(text).toBe(readFileSync(file.replace(/\.lks$/, '.txt'), 'latin1'));
  });
});

/**
 * Makes the golden recordings of this version, packed: `node test/golden/bless.ts`. Run once, when a version is
 * released; recordings of released versions are never made again, since that they replay unchanged is the promise.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { DEFAULTS } from '../../src/host/guest-options.ts';
import { recordGuest } from '../../src/host/record-guest.ts';
import { packRecording } from '../../src/host/rewrite-recording.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const folder = join(root, 'test/golden', version);
const disk = join(tmpdir(), `lockstep-golden-${process.pid}.raw`);

const GUESTS = [
  { name: 'hello', options: {} },
  { name: 'race', options: {} },
  { name: 'clock', options: { clock: 'exact', append: 'wait=50' } },
  { name: 'disk', options: { drives: [{ path: disk, mode: 'cow' }] } },
] as const;

mkdirSync(folder, { recursive: true });
writeFileSync(disk, new Uint8Array(1 << 20));
for (const { name, options } of GUESTS) {
  const output = join(folder, `${name}.lks`);
  rmSync(output, { force: true });
  const console = new PassThrough();
  let text = '';
  console.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  const kernel = join(root, `samples/prebuilt/${name}.elf`);
  const ui = { input: new PassThrough(), output: console, notice: () => {} };
  await recordGuest({ ...DEFAULTS, memoryBytes: 16 << 20, ...options, kernel, output }, ui);
  await packRecording(output, undefined, {});
  writeFileSync(join(folder, `${name}.txt`), text, 'latin1');
}
rmSync(disk);

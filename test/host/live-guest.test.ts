import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { DEFAULTS } from '../../src/host/guest-options.ts';
import { keepImages } from '../../src/host/kept-images.ts';
import { beginEarly } from '../../src/host/live/early-thread.ts';
import { LiveGuest } from '../../src/host/live/live-guest.ts';
import { ConsolePipe } from '../../src/host/ports/console-pipe.ts';
import type { HostPort, Inbox } from '../../src/host/ports/port.ts';
import { headerOf } from '../../src/host/recording-header.ts';
import { Captured, MIB, record, sample, testFolder } from './support.ts';

const folder = testFolder();

const config = {
  memoryBytes: 16 * MIB,
  harts: 1,
  bootArgs: 'every=1',
  clock: 'host',
  epochNs: 0n,
  rngSeed: new Uint8Array(32),
  devices: [],
} as const;
const job = (kernel: string) => ({
  config,
  header: headerOf({ config, images: {} }, DEFAULTS),
  images: keepImages({ kernel: readFileSync(sample(kernel)) }),
  engine: 'interpreter' as const,
  entropy: { kind: 'host' } as const,
});
const events = { notice: (): void => {} };

test('a guest runs on its thread and counts as it goes', async () => {
  const output = new Captured();
  const guest = new LiveGuest([new ConsolePipe('uart', undefined, output)], events);
  const ending = guest.run(job('count'));
  await output.until((text) => text.includes('count 5\n'));
  await expect.poll(() => guest.progress.ticks).toBeGreaterThan(0n);
  expect(guest.progress).toMatchObject({ logBytes: 0n, events: 0n });
  guest.stop();
  const end = await ending;
  expect(end).toMatchObject({ kind: 'stopped' });
  expect(guest.progress.ticks).toBe(end.totals!.ticks);
  expect(end.totals!.idleNs).toBeGreaterThan(0n);
});

test('a thread that was begun early runs the first guest, and others have their own', async () => {
  for (const words of [['run', '--help'], ['replay', 'x.lks'], []]) expect(beginEarly(words)).toBe(false);
  expect(beginEarly(['record', '--kernel', 'x'])).toBe(true);
  expect(beginEarly(['record', '--kernel', 'x'])).toBe(false);
  const runs = [1, 2].map(async () => {
    const output = new Captured();
    const end = await new LiveGuest([new ConsolePipe('uart', undefined, output)], events).run(job('hello'));
    return { end, text: output.text };
  });
  for (const { end, text } of await Promise.all(runs)) {
    expect(end).toMatchObject({ kind: 'halted' });
    expect(text).toContain('hello');
  }
});

test('a defect in the guest thread comes out as itself, with its stack', async () => {
  const guest = new LiveGuest([], events);
  const error: unknown = await guest
    .run({ ...job('hello'), engine: 'absent' as 'interpreter' })
    .catch((e: unknown) => e);
  expect(error).toBeInstanceOf(TypeError);
  expect((error as Error).stack).toContain('machine-of');
});

/** A port with one thing wrong with it. */
class BadPort implements HostPort {
  readonly device = 'uart';
  readonly #bad: 'open' | 'take';
  closed = 0;
  constructor(bad: 'open' | 'take') {
    this.#bad = bad;
  }
  async open(_inbox: Inbox): Promise<void> {
    if (this.#bad === 'open') throw new Error('no host end');
  }
  take(): undefined {
    throw new Error('a port broke');
  }
  async close(): Promise<void> {
    this.closed++;
  }
}

test.each([
  ['open', 'no host end'],
  ['take', 'a port broke'],
] as const)('a port that fails to %s ends the run and is closed', async (bad, message) => {
  const port = new BadPort(bad);
  await expect(new LiveGuest([port], events).run(job('count'))).rejects.toThrow(message);
  expect(port.closed).toBeGreaterThan(0);
});

test('a slow console holds the guest back and loses nothing', async () => {
  const output = new PassThrough({ highWaterMark: 1 });
  const guest = new LiveGuest([new ConsolePipe('uart', undefined, output)], events);
  const ending = guest.run({ ...job('count'), config: { ...config, bootArgs: 'every=1 to=50' } });
  await new Promise((done) => setTimeout(done, 200));
  let text = '';
  output.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  expect(await ending).toMatchObject({ kind: 'halted' });
  expect(text.match(/count \d+/g)).toHaveLength(50);
});

test('a lost drive of output is the outcome, with its exit code', async () => {
  const outcome = record('count', folder.path('full.lks'), { uart: { kind: 'file', path: '/dev/full' } });
  expect((await outcome).outcome).toMatchObject({ ending: 'failed', exitCode: 4, error: { code: 'console-file' } });
});

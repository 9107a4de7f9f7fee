import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { openRecording } from '../../src/host/log-file-source.ts';
import { FrameSplitter } from '../../src/host/ports/frame-splitter.ts';
import { UserError } from '../../src/lib/errors.ts';
import { dataOf, udpFrame } from './ethernet.ts';
import { MIB, record, replay, sample, testFolder } from './support.ts';

const folder = testFolder();

test.each(['host', 'ticks', 'exact'] as const)(
  'hello with clock %s: the replay says and does the same',
  async (clock) => {
    const file = folder.path(`hello-${clock}.lks`);
    const live = await record('hello', file, { clock });
    expect(live).toMatchObject({ text: 'hello from the guest\n', outcome: { ending: 'halted', exitCode: 0 } });
    expect(live.outcome.totals).toMatchObject({ consoleBytes: 22n, logBytes: readFileSync(file).length });
    const again = await replay(file);
    expect(again).toMatchObject({ text: live.text, outcome: { ending: 'halted', exitCode: 0, halt: { code: 0 } } });
    expect(again.outcome.totals).toMatchObject({
      ticks: live.outcome.totals.ticks,
      events: live.outcome.totals.events,
    });
  },
);

test.each(['host', 'exact'] as const)('clock with clock %s: what was typed and read comes back', async (clock) => {
  const file = folder.path(`clock-${clock}.lks`);
  const live = await record('clock', file, { clock, append: 'wait=3000' }, async (ui) => {
    await ui.output.until((text) => text.includes('type something'));
    ui.input.write('hi');
  });
  expect(live.text).toMatch(/input {3}68 .*\ninput {3}69 /);
  expect(live.text).toMatch(/entropy [0-9a-f]{64} at/);
  expect((await replay(file)).text).toBe(live.text);
  const other = await record('clock', folder.path(`other-${clock}.lks`), { clock, append: 'wait=10' });
  expect(other.text).not.toBe(live.text);
});

test('with clock ticks and a seed, every run is the same', async () => {
  const options = { clock: 'ticks', entropy: { kind: 'seed', seed: 7n }, append: 'wait=20' } as const;
  const runs = [];
  for (const name of ['a', 'b']) runs.push(await record('clock', folder.path(`seed-${name}.lks`), options));
  expect(runs[0]!.text).toMatch(/entropy [0-9a-f]{64} at/);
  expect(runs[1]!.text).toBe(runs[0]!.text);
  expect(runs[1]!.outcome.totals.ticks).toBe(runs[0]!.outcome.totals.ticks);
});

test('a replay that stops early counts what it has compared, and not what it has read ahead', async () => {
  const file = folder.path('early.lks');
  const { outcome } = await record('hello', file);
  const early = await replay(file, { untilTick: 1n });
  expect(early.outcome).toMatchObject({ ending: 'stopped', exitCode: 0 });
  expect(early.outcome.totals.events.output).toBeUndefined();
  expect((await replay(file)).outcome.totals.events).toEqual(outcome.totals.events);
});

test('a replay refuses an image that the recorded machine does not have', async () => {
  const file = folder.path('images.lks');
  await record('hello', file);
  for (const images of [{ initrd: sample('hello') }, { bios: sample('hello') }]) {
    await expect(replay(file, images)).rejects.toMatchObject({ code: 'no-such-image', exitCode: 2 });
  }
  expect((await replay(file, { kernel: sample('hello'), bios: 'none' })).outcome.exitCode).toBe(0);
});

test('the reference engine replays what the interpreter recorded', async () => {
  const file = folder.path('cross.lks');
  const live = await record('hello', file, { memoryBytes: MIB });
  const again = await replay(file, { engine: 'reference' });
  expect(again.text).toBe(live.text);
  expect(again.outcome).toMatchObject({ ending: 'halted', totals: { ticks: live.outcome.totals.ticks } });
});

test.each(['cow', 'write'] as const)(
  'disk on a drive in mode %s works, and replays without the drive',
  async (mode) => {
    const image = folder.path(`disk-${mode}.raw`);
    const before = new Uint8Array(2 * MIB).fill(0x5a);
    writeFileSync(image, before);
    const file = folder.path(`disk-${mode}.lks`);
    const live = await record('disk', file, { drives: [{ path: image, mode }] });
    expect(live).toMatchObject({ notices: [], outcome: { ending: 'halted', exitCode: 0 } });
    expect(Buffer.compare(readFileSync(image), before) === 0).toBe(mode === 'cow');
    expect((await replay(file)).text).toBe(live.text);
  },
);

test('udp-kv on a stream socket serves its peer, and replays without it', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const file = folder.path('kv.lks');
  const peer = { kind: 'tcp', host: '127.0.0.1', port } as const;
  const answers: string[] = [];
  const live = await record('udp-kv', file, { nets: [{ peer }] }, async (ui) => {
    const [socket] = await accepted;
    const splitter = new FrameSplitter();
    await ui.output.until((text) => text.includes('serving'));
    for (const request of ['SET colour green', 'GET colour', 'QUIT']) {
      socket.write(udpFrame(request));
      for (let answer: string | undefined; answer === undefined; ) {
        const [chunk] = (await once(socket, 'data')) as [Buffer];
        answer = splitter
          .push(chunk)
          .map(dataOf)
          .find((data) => data !== undefined);
        if (answer !== undefined) answers.push(answer);
      }
    }
  });
  server.close();
  expect(answers.map((answer) => answer.trim())).toEqual(['OK', 'VALUE green', 'BYE']);
  expect(live.outcome).toMatchObject({ ending: 'halted', exitCode: 0 });
  expect(live.outcome.totals.events.packet).toBe(3);
  expect((await replay(file)).text).toBe(live.text);
});

test('an operator who stops gets a whole recording', async () => {
  const file = folder.path('stopped.lks');
  const live = await record('count', file, { append: 'every=5' }, async (ui) => {
    await ui.output.until((text) => text.includes('count 9\n'));
    ui.end();
  });
  expect(live.outcome).toMatchObject({ ending: 'stopped', exitCode: 130 });
  const recording = openRecording(file);
  expect(recording.reader.finish()).toMatchObject({ kind: 'end', end: { ticks: live.outcome.totals.ticks } });
  recording.close();
  const again = await replay(file);
  expect(again.text).toBe(live.text);
  expect(again.outcome).toMatchObject({ ending: 'stopped', exitCode: 0 });
});

test('a replay stops where it is told, and a tick that is not there is named', async () => {
  const file = folder.path('until.lks');
  const { outcome } = await record('count', file, { append: 'every=1 to=20' });
  const half = outcome.totals.ticks / 2n;
  const stopped = await replay(file, { untilTick: half });
  expect(stopped.outcome).toMatchObject({ ending: 'stopped', exitCode: 0, totals: { ticks: half } });
  const beyond = await replay(file, { untilTick: outcome.totals.ticks + 1n });
  expect(beyond.outcome).toMatchObject({ ending: 'failed', exitCode: 2, error: { code: 'no-such-tick' } });
});

test('one flipped bit is a divergence', async () => {
  const file = folder.path('fault.lks');
  const { outcome } = await record('count', file, { append: 'every=1 to=20' });
  const faulty = await replay(file, { injectFaultTick: outcome.totals.ticks / 2n });
  expect(faulty.outcome).toMatchObject({ ending: 'diverged', exitCode: 1 });
  expect(faulty.outcome.divergence!.tick).toBeGreaterThan(outcome.totals.ticks / 2n);
});

test('a guest that reports failure fails the recording, not the replay', async () => {
  const file = folder.path('failed.lks');
  const live = await record('disk', file);
  expect(live.outcome).toMatchObject({ ending: 'halted', exitCode: 1, halt: { reason: 'finisher', code: 2 } });
  expect((await replay(file)).outcome).toMatchObject({ ending: 'halted', exitCode: 0 });
});

test('a recording is never written over', async () => {
  const file = folder.path('twice.lks');
  await record('hello', file);
  const before = readFileSync(file);
  const second = record('hello', file);
  await expect(second).rejects.toMatchObject({ code: 'file-exists', exitCode: 2 });
  await expect(second).rejects.toBeInstanceOf(UserError);
  expect(readFileSync(file)).toEqual(before);
});

test('while one recorder writes a file a second is refused, and the first goes on', async () => {
  const file = folder.path('shared.lks');
  const live = await record('count', file, { append: 'every=1' }, async (ui) => {
    await ui.output.until((text) => text.includes('count 3\n'));
    await expect(record('hello', file)).rejects.toMatchObject({ code: 'file-exists' });
    ui.end();
  });
  expect((await replay(file)).outcome.totals.ticks).toBe(live.outcome.totals.ticks);
});

test('a kernel that cannot be loaded leaves no recording behind', async () => {
  const kernel = folder.path('text');
  writeFileSync(kernel, 'this is no kernel\n');
  const file = folder.path('none.lks');
  await expect(record('hello', file, { kernel })).rejects.toMatchObject({ code: 'bad-image', exitCode: 2 });
  expect(existsSync(file)).toBe(false);
  const big = await record('hello', file, { kernel: sample('hello'), memoryBytes: 8192 });
  expect(big.outcome).toMatchObject({ ending: 'failed', exitCode: 2 });
  expect(existsSync(file)).toBe(false);
});

test('a replay shows the console that was on the terminal', async () => {
  const file = folder.path('elsewhere.lks');
  const consoles = [{ kind: 'stdio' }] as const;
  const silent = await record('hello', file, { uart: { kind: 'none' }, consoles });
  expect(silent).toMatchObject({ text: '', outcome: { totals: { consoleBytes: 22n } } });
  expect((await replay(file)).text).toBe('');
  const none = folder.path('nowhere.lks');
  await record('hello', none, { uart: { kind: 'none' } });
  expect((await replay(none)).text).toBe('hello from the guest\n');
});

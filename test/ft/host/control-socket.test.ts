import { mkdirSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ControlSocket, listNodes, type NodeAddress, tellNode } from '../../../src/host/ft/control-socket.ts';
import { findNodes } from '../../../src/host/ft/nodes.ts';
import { UserError } from '../../../src/lib/errors.ts';
import { eachWorld, sample } from './sides.ts';

const world = eachWorld();
const LOOKER = fileURLToPath(new URL('./fixtures/looker.ts', import.meta.url));

test('who looks for nodes while one begins and another ends takes no socket away', async () => {
  // Both look, and begin and end nodes of the pair, whose folder comes and goes with them.
  const lookers = [1, 2].map(() => world.start([LOOKER]));
  for (const looker of lookers) await looker.until(({ said }) => said.includes('looking'));
  for (let i = 0; i < 400; i++) {
    const socket = await ControlSocket.listen('pair', 'primary', (word) => ({ word, i }));
    const mine = listNodes('pair').find(({ path }) => path.endsWith(`primary-${process.pid}.sock`))!;
    expect(await tellNode(mine, 'status')).toEqual({ word: 'status', i });
    socket.close();
  }
  for (const looker of lookers) {
    looker.child.stdin!.end();
    expect(await looker.ended, looker.complaints).toBe(0);
  }
  expect(readdirSync(world.path('run/lockstep/ft'))).toEqual([]);
});

test('a name that is too long for a socket is refused as that, and leaves no folder', async () => {
  const name = 'n'.repeat(108);
  const refusal = { code: 'long-name', what: expect.stringContaining(`the name ${name} is too long by `) };
  await expect(ControlSocket.listen(name, 'primary', () => undefined)).rejects.toMatchObject(refusal);
  expect(readdirSync(world.path('run'))).toEqual([]);
});

test('a socket that cannot be had is told of, and keeps no process alive', async () => {
  mkdirSync(world.path(`run/lockstep/ft/pair/primary-${process.pid}.new/in-the-way`), { recursive: true });
  await expect(ControlSocket.listen('pair', 'primary', () => undefined)).rejects.toMatchObject({ code: 'no-socket' });
  const looker = world.start([LOOKER], { ...world.env, XDG_RUNTIME_DIR: world.path('x'.repeat(120)) });
  expect(await looker.ended, looker.complaints).toBe(2);
});

test('a folder with a name that no guest has is nobody, and hides nobody', async () => {
  for (const name of ['%zz', '%70air'])
    mkdirSync(world.path(`run/lockstep/ft/${name}/primary-1.sock`), { recursive: true });
  const socket = await ControlSocket.listen('pair é/1', 'primary', () => 'here');
  expect(listNodes()).toMatchObject([{ pair: 'pair é/1', command: 'primary', pid: process.pid }]);
  socket.close();
});

/** A socket of this process, whose answers are these. */
async function listening(answer: (command: string) => unknown): Promise<NodeAddress> {
  const socket = await ControlSocket.listen('pair', 'primary', answer);
  onTestFinished(() => socket.close());
  return listNodes('pair')[0]!;
}

test('what fails is answered: in the words of an operator error, or as the defect that it is', async () => {
  const node = await listening((command) => {
    if (command === 'odd') throw new UserError('bad-value', 'odd is not understood', 'say it otherwise');
    if (command === 'late') return Promise.reject(new UserError('lost', 'it was lost', 'try again'));
    if (command === 'defect') throw new TypeError('nothing is no object');
    const circle: Record<string, unknown> = { command };
    circle.self = circle;
    return command === 'circle' ? circle : { command };
  });
  expect(await tellNode(node, 'odd')).toEqual({ refused: 'odd is not understood' });
  expect(await tellNode(node, 'late')).toEqual({ refused: 'it was lost' });
  expect(await tellNode(node, 'defect')).toEqual({ refused: 'a defect of its process: nothing is no object' });
  expect(await tellNode(node, 'circle')).toMatchObject({ refused: expect.stringContaining('a defect of its process') });
  const long = 'x'.repeat(500_000);
  expect(await tellNode(node, long)).toEqual({ command: long });
});

test('a node that cannot tell about itself is told of as one that does not answer', async () => {
  await listening(() => {
    throw new Error('a state that cannot be');
  });
  await expect(findNodes('pair')).rejects.toMatchObject({
    code: 'no-answer',
    what: expect.stringContaining('a state'),
  });
});

test('who connects and says nothing, or a line without an end, is let go', async () => {
  const { path } = await listening(() => ({}));
  const endless = connect(path).on('error', () => {});
  endless.write('x'.repeat(2 << 20));
  await new Promise<void>((done) => endless.on('close', () => done()));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const silent = connect(path).on('error', () => {});
  let closed = false;
  silent.on('close', () => {
    closed = true;
  });
  silent.write('stat');
  while (!closed) {
    vi.advanceTimersByTime(1000);
    await new Promise(setImmediate);
  }
});

test('a recorder and both sides of a pair live on after words that they do not understand', async () => {
  const recorder = world.side({ role: 'record', at: 'none', kernel: sample('count'), append: 'every=5' });
  await recorder.until(({ said }) => said.includes('count 5\n'));
  await expect.poll(() => listNodes('pair').length, { timeout: 60_000 }).toBe(1);
  const [node] = listNodes('pair');
  for (const words of ['{', 'null', '{"arbiter":7,"tuning":{}}', '{"arbiter":"file:/x"}'])
    expect(await tellNode(node!, `be-primary ${words}`), words).toMatchObject({ error: { code: 'not-paired' } });
  const { length } = recorder.said;
  await recorder.until(({ said }) => said.length > length + 50);
  recorder.kill();
  await recorder.ended;
  const { primary, backup } = await world.pair({ append: 'every=5' });
  await primary.until(({ said }) => said.includes('count 5\n'));
  const sides = (await findNodes('pair')).sort((a, b) => (a.command < b.command ? -1 : 1));
  expect(sides.map(({ command }) => command)).toEqual(['backup', 'primary']);
  for (const side of sides)
    expect(await tellNode(side, 'protect nonsense')).toEqual({ refused: '--backup nonsense is not understood' });
  const before = primary.said.length;
  await primary.until(({ said }) => said.length > before + 50);
  expect((await findNodes('pair')).map(({ pid }) => pid).sort()).toEqual(sides.map(({ pid }) => pid).sort());
  expect(backup.child.exitCode).toBeNull();
});

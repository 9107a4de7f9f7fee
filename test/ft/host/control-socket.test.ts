import { mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ControlSocket, listNodes, tellNode } from '../../../src/host/ft/control-socket.ts';
import { eachWorld } from './sides.ts';

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

/** A folder has one owner, whoever comes at the same moment and whoever was killed. */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { OwnedFolder } from '../../../src/host/disk/owned-folder.ts';
import type { ToOwner } from './fixtures/owner.ts';
import { diskFolder } from './support.ts';

const folder = diskFolder();
const CONTENDERS = 4;
const ROUNDS = 25;
/** All are told before it is over. */
const AHEAD_MS = 20;

class Contender {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(): Promise<Contender> {
    const child = fork(fileURLToPath(new URL('./fixtures/owner.ts', import.meta.url)));
    folder.later(() => child.kill('SIGKILL'));
    await once(child, 'message');
    return new Contender(child);
  }

  async tell(message: ToOwner): Promise<string> {
    const answer = once(this.#child, 'message');
    this.#child.send(message);
    return String((await answer)[0]);
  }

  async kill(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/** What a process that was killed in the possession of the folder leaves. */
function leaveDead(path: string, name: string): void {
  mkdirSync(join(path, 'lock'), { recursive: true });
  const code = `require('node:net').createServer().listen(${JSON.stringify(join(path, 'lock', name))}, () => {
    process.kill(process.pid, 'SIGKILL');
  })`;
  spawnSync(process.execPath, ['-e', code]);
  expect(existsSync(join(path, 'lock', name))).toBe(true);
}

test('of processes that take over from a dead one at the same moment one gets it, round after round', async () => {
  const contenders = await Promise.all(Array.from({ length: CONTENDERS }, () => Contender.start()));
  const path = folder.fresh('state');
  for (let round = 0; round < ROUNDS; round++) {
    // The dead one of this round; the owner of the round before has let go, or its folder is empty.
    leaveDead(path, `dead${round}`);
    const atMs = Date.now() + AHEAD_MS;
    const answers = await Promise.all(contenders.map((one) => one.tell({ take: path, atMs })));
    expect([...answers].sort()).toEqual(['in-use', 'in-use', 'in-use', 'owner']);
    expect(readdirSync(path)).toEqual(['lock']);
    await contenders[answers.indexOf('owner')]!.tell('release');
  }
});

test('while owners come, let go and are killed, there is one at a time', async () => {
  const path = folder.fresh('state');
  const contenders = await Promise.all(Array.from({ length: CONTENDERS }, () => Contender.start()));
  let owners = 0;
  let most = 0;
  let turns = 0;
  await Promise.all(
    contenders.map(async (first, i) => {
      let contender = first;
      for (let round = 0; round < ROUNDS; round++) {
        const answer = await contender.tell({ take: path, atMs: 0 });
        if (answer !== 'owner') {
          expect(answer).toBe('in-use');
          continue;
        }
        turns++;
        most = Math.max(most, ++owners);
        await new Promise((done) => setTimeout(done, 3));
        // From here on another one may have it.
        owners--;
        if (i === 0 && round % 4 === 0) {
          await contender.kill();
          contender = await Contender.start();
        } else await contender.tell('release');
      }
    }),
  );
  expect(most).toBe(1);
  expect(turns).toBeGreaterThan(0);
});

test('whoever finds a dead socket and is slow removes nothing of who came next', async () => {
  const path = folder.fresh('state');
  leaveDead(path, 'dead');
  // Ten at once in one process: their steps are interleaved as the system answers.
  const all = await Promise.allSettled(Array.from({ length: 10 }, () => OwnedFolder.take(path, '--state')));
  const owners = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(owners).toHaveLength(1);
  for (const one of all) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'in-use' });
  await expect(OwnedFolder.take(path, '--state')).rejects.toMatchObject({ code: 'in-use' });
  await owners[0]!.release();
  expect(readdirSync(path)).toEqual(['lock']);
  await (await OwnedFolder.take(path, '--state')).release();
});

test('what a process that died while it took the folder has left is in nobody’s way', async () => {
  const path = folder.fresh('state');
  mkdirSync(join(path, 'lock.0123abcd'), { recursive: true });
  mkdirSync(join(path, 'lock'));
  await (await OwnedFolder.take(path, '--state')).release();
});

test('what is no socket is not removed, and the operator is told of it', async () => {
  const path = folder.fresh('state');
  mkdirSync(join(path, 'lock'), { recursive: true });
  writeFileSync(join(path, 'lock', 'notes'), 'precious');
  await expect(OwnedFolder.take(path, '--state')).rejects.toMatchObject({ what: expect.stringContaining('no socket') });
  expect(readFileSync(join(path, 'lock', 'notes'), 'utf8')).toBe('precious');
  const other = folder.fresh('state');
  mkdirSync(other);
  writeFileSync(join(other, 'lock'), 'precious');
  await expect(OwnedFolder.take(other, '--state')).rejects.toMatchObject({
    what: expect.stringContaining('no folder'),
  });
  expect(readFileSync(join(other, 'lock'), 'utf8')).toBe('precious');
});

test('a folder that cannot be made is refused with the option that names it', async () => {
  const file = folder.image();
  await expect(OwnedFolder.take(join(file, 'state'), '--dir')).rejects.toMatchObject({
    code: 'bad-state',
    remedy: expect.stringContaining('--dir'),
  });
  await expect(OwnedFolder.take(folder.path('x'.repeat(120)), '--dir')).rejects.toMatchObject({
    what: expect.stringContaining('too long'),
  });
});

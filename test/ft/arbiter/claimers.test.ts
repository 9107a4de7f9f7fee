/** Claimers of a folder that are killed, or stopped for a while, in the middle of a claim: each a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as aTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { ClaimResult } from '../../../src/ft/arbiter.ts';
import { FileArbiter } from '../../../src/host/ft/arbiters/file.ts';
import { diskFolder } from '../../host/disk/support.ts';
import { standStill } from '../../host/stand-still.ts';
import { settle } from './conformance.ts';
import { PATIENT_MS } from './rig.ts';

const SCRIPT = fileURLToPath(new URL('./fixtures/claimer.ts', import.meta.url));
/** Where in a claim it is interrupted. */
const POINTS = ['at once', 'with the name beside', 'with the name made'] as const;
const folder = diskFolder();

const patient = (path: string): FileArbiter => new FileArbiter(path, PATIENT_MS);

type Told = ClaimResult & { readonly epoch: number };

class Claimer {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(path: string, who: string) {
    this.child = spawn(process.execPath, [SCRIPT, path, who], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface(this.child.stdout!)[Symbol.asyncIterator]();
    folder.later(() => void this.child.kill('SIGKILL'));
  }

  /** The next line that it says; undefined when it has ended. */
  async line(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : value;
  }

  claim(epoch: number): void {
    this.child.stdin!.write(`${epoch}\n`);
  }

  /** What it says of its claim; undefined when it was killed before. */
  async told(): Promise<Told | undefined> {
    const line = await this.line();
    return line === undefined ? undefined : JSON.parse(line);
  }
}

/** Waits until the claim is as far; it may be further when this is seen. */
async function reaches(path: string, point: (typeof POINTS)[number], epoch: number): Promise<void> {
  const isThere = (): boolean => existsSync(join(path, `p.${epoch}`));
  if (point === 'with the name made') while (!isThere()) await aTurn();
  if (point === 'with the name beside')
    while (!isThere() && !readdirSync(path).some((name) => name.endsWith('.new'))) await aTurn();
}

test.each(POINTS)(
  'a claimer that is killed %s has the epoch or has not, and nobody is told otherwise',
  async (point) => {
    const path = folder.fresh('arbiter');
    mkdirSync(path);
    for (let epoch = 1; epoch <= 4; epoch++) {
      const killed = new Claimer(path, 'killed');
      expect(await killed.line()).toBe('ready');
      killed.claim(epoch);
      await reaches(path, point, epoch);
      killed.child.kill('SIGKILL');
      const said = await killed.told();
      const other = await patient(path).claim('p', epoch, 'other');
      // Started again, it asks again.
      const again = await patient(path).claim('p', epoch, 'killed');
      expect([other.kind, again.kind].sort()).toEqual(['lost', 'won']);
      if (said !== undefined) expect(said).toEqual({ epoch, ...again });
      expect(await settle(patient(path), epoch, 'other')).toEqual(other);
    }
  },
);

test.each(POINTS)(
  'a claimer that stands still %s and goes on later is told what was decided meanwhile',
  async (point) => {
    const path = folder.fresh('arbiter');
    mkdirSync(path);
    const stopped = new Claimer(path, 'stopped');
    expect(await stopped.line()).toBe('ready');
    const winners: string[] = [];
    for (let epoch = 1; epoch <= 8; epoch++) {
      stopped.claim(epoch);
      await reaches(path, point, epoch);
      standStill(stopped.child.pid!);
      const other = await patient(path).claim('p', epoch, 'other');
      stopped.child.kill('SIGCONT');
      const won = other.kind === 'won';
      winners.push(won ? 'other' : 'stopped');
      expect(other).toEqual(won ? { kind: 'won' } : { kind: 'lost', holder: 'stopped' });
      expect(await stopped.told()).toEqual({ epoch, ...(won ? { kind: 'lost', holder: 'other' } : { kind: 'won' }) });
    }
    const kept = readdirSync(path).filter((name) => !name.endsWith('.new'));
    expect(kept.sort()).toEqual(winners.map((_, i) => `p.${i + 1}`));
  },
);

test('one that stood still over an epoch that another has begun has lost its own', async () => {
  const path = folder.fresh('arbiter');
  mkdirSync(path);
  const stopped = new Claimer(path, 'stopped');
  expect(await stopped.line()).toBe('ready');
  stopped.claim(1);
  await reaches(path, 'with the name beside', 1);
  standStill(stopped.child.pid!);
  expect(await patient(path).claim('p', 2, 'other')).toEqual({ kind: 'won' });
  stopped.child.kill('SIGCONT');
  // Its answer may have been on its way when it was stopped.
  const told = await stopped.told();
  if (told?.kind !== 'won') expect(told).toEqual({ epoch: 1, kind: 'lost', holder: 'other' });
  expect(await patient(path).claim('p', 1, 'stopped')).toEqual({ kind: 'lost', holder: 'other' });
});

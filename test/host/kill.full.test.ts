/** Invariant 6, on real processes: SIGKILL at any moment loses at most the frames not yet written. */
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LogFileSource } from '../../src/host/log-file-source.ts';
import { UserError } from '../../src/lib/errors.ts';
import { agree, startRecorder } from './recorder-process.ts';
import { replay, testFolder } from './support.ts';

const folder = testFolder();
const ROUNDS = 30;
const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

test(`killed at ${ROUNDS} random moments, a recording replays as far as it was written`, async () => {
  const seed = Number(process.env.LOCKSTEP_TEST_SEED ?? Math.trunc(Math.random() * 2 ** 31));
  console.log(`repeat with LOCKSTEP_TEST_SEED=${seed}`);
  let random = seed;
  let replayed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    random = (Math.imul(random, 1103515245) + 12345) >>> 1;
    const file = folder.path(`killed-${round}.lks`);
    const recorder = startRecorder(round % 2 === 0 ? 'count' : 'clock', file, 'every=1 wait=100000');
    // Every third at any moment of its start, the others at any moment of their recording.
    while (round % 3 !== 0 && sizeOf(file) === 0) await sleep(10);
    await sleep(random % 1500);
    recorder.child.kill('SIGKILL');
    await recorder.ended;
    if (sizeOf(file) === 0) continue;
    const again = await replay(file).catch((error: unknown) => {
      // Killed within the very first write, the header's: the file is none, and says so.
      expect(error).toBeInstanceOf(UserError);
      expect(new LogFileSource(file).size).toBeLessThan(1024);
      return undefined;
    });
    if (again === undefined) continue;
    replayed++;
    expect(again.outcome, `round ${round}`).toMatchObject({ ending: 'cut', exitCode: 0 });
    expect(agree(recorder.said(), again.text), `round ${round}`).toBe(true);
  }
  expect(replayed).toBeGreaterThan(ROUNDS / 2);
});

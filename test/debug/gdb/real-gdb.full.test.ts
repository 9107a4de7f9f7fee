/** A race recorded until it fails, and explained by gdb from its end. */
import { expect, test } from 'vitest';
import { ExitCode } from '../../../src/lib/errors.ts';
import { record, testFolder } from '../../host/support.ts';
import { hasGdb, inGdb, noGdb } from './real-gdb.ts';

const ATTEMPTS = 100;
const folder = testFolder();

test.skipIf(!hasGdb)(
  `two reverse-continues from the end of a failed run land on the two stores of a lost update${
    hasGdb ? '' : ` (skipped: ${noGdb})`
  }`,
  async () => {
    const file = await failedRun();
    // While no update is lost counter is at most one behind; going back over a loss it comes up to units_done again.
    const { said } = await inGdb(file, 'end', [
      'p counter',
      'p units_done',
      'watch counter if counter >= units_done',
      'reverse-continue',
      'x/i $pc',
      'bt',
      'delete',
      'watch counter',
      'reverse-continue',
      'x/i $pc',
      'bt',
    ]);
    const [, counter] = /= (\d+)/.exec(said[0]!)!;
    expect(Number(counter)).toBeLessThan(8000);
    const [, stored, lost] = /Old value = (\d+)\nNew value = (\d+)\n/.exec(said[3]!)!;
    expect(Number(lost)).toBeGreaterThan(Number(stored));
    expect(said[8]).toContain(`Old value = ${lost}\nNew value = ${Number(lost) - 1}\n`);
    expect([said[4], said[9]]).toEqual([
      expect.stringMatching(/<count_one\+\d+>:\tsd\t/),
      expect.stringMatching(/<count_one\+\d+>:\tsd\t/),
    ]);
    const [one, other] = [said[5]!, said[10]!].map((text) => /in worker_([ab]) \(\)/.exec(text)?.[1]);
    expect([one, other].sort()).toEqual(['a', 'b']);
  },
);

/** About one run of six fails. */
async function failedRun(): Promise<string> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const file = folder.path(`race-${attempt}.lks`);
    const { outcome } = await record('race', file, {});
    if (outcome.exitCode === ExitCode.diverged) return file;
  }
  throw new Error(`none of ${ATTEMPTS} runs failed`);
}

/** A race recorded until it fails, and explained from an editor at its end. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ExitCode } from '../../../src/lib/errors.ts';
import { root, sample } from '../../cli/cli.ts';
import { record, testFolder } from '../../host/support.ts';
import { hasGdb, noGdb } from '../gdb/real-gdb.ts';
import { Client } from './client.ts';

const ATTEMPTS = 100;
const folder = testFolder();

test.skipIf(!hasGdb)(
  `two reverseContinue from the end of a failed run land on the two stores of a lost update${
    hasGdb ? '' : ` (skipped: ${noGdb})`
  }`,
  async () => {
    const editor = new Client();
    await editor.launch({ recording: await failedRun(), kernel: sample('race'), sources: [join(root, 'samples')] });
    expect(await editor.top()).toMatchObject({ name: 'write_and_stop' });
    const { dataId } = await editor.ask('dataBreakpointInfo', { name: 'counter' });
    const back = async (condition?: string): Promise<readonly [number, number]> => {
      await editor.ask('setDataBreakpoints', { breakpoints: [{ dataId, condition }] });
      const { reason, text } = await editor.go('reverseContinue');
      expect(reason).toBe('data breakpoint');
      expect(await editor.top()).toMatchObject({ name: 'count_one', line: 24 });
      const [, later, earlier] = /^counter: (\d+) -> (\d+)$/.exec(text!)!;
      return [Number(later), Number(earlier)];
    };
    const worker = async (): Promise<string> =>
      (await editor.ask('stackTrace', { threadId: 1 })).stackFrames.find(({ name }: { name: string }) =>
        name.startsWith('worker_'),
      ).name;
    // While no update is lost counter is at most one behind; going back over a loss it comes up to units_done again.
    const [stored, lost] = await back('counter >= units_done');
    const one = await worker();
    expect(lost).toBeGreaterThan(stored);
    expect(await back()).toEqual([lost, lost - 1]);
    expect([one, await worker()].sort()).toEqual(['worker_a', 'worker_b']);
    await editor.ask('disconnect');
    expect(await editor.ended).toEqual([0, null]);
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

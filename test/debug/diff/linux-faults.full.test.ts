/**
 * Bits flipped at random ticks of a boot of Linux are found at exactly these ticks. LOCKSTEP_SEED repeats a run,
 * LOCKSTEP_FAULTS says how many there are.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { compareRecordings } from '../../../src/cli/diff.ts';
import { testFolder } from '../../host/support.ts';
import { BUILD_MS, linuxGuest, noGuest, recordLinux } from '../../linux/guest.ts';
import { chooser, newSeed } from '../timeline/support.ts';

const folder = testFolder();
const seed = newSeed();
const choose = chooser(seed);
const FAULTS = Number(process.env.LOCKSTEP_FAULTS ?? 3);

describe.skipIf(noGuest !== undefined)(`seed ${seed}${noGuest === undefined ? '' : ` (skipped: ${noGuest})`}`, () => {
  let file: string;
  let ticks: bigint;
  beforeAll(async () => {
    const guest = linuxGuest();
    file = folder.path('boot.lks');
    const { outcome } = await recordLinux(guest, file, { initrd: guest.small, task: 'echo hi' });
    ticks = outcome.totals.ticks;
  }, BUILD_MS);

  // The firmware sets the register in its first thousand instructions, and keeps it.
  test.each(Array.from({ length: FAULTS }, (_, i) => i))('fault %d', async () => {
    const faultTick = 1000n + choose(ticks - 1000n);
    const same = { a: file, b: file, oneLog: true, images: {}, otherImages: {} };
    const options = { ...same, engine: undefined, engineB: undefined, faultTick, followTicks: 0n };
    const { report } = await compareRecordings(options);
    expect(report.verdict).toMatchObject({ kind: 'state', tick: faultTick, exact: true });
    expect(report.state!.registers).toMatchObject([{ name: 'mscratch' }]);
  });
});

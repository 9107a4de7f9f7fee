/** Debian recorded with `--keep` while it works on a disk: what is left replays from its checkpoint on. */
import { beforeAll, describe, expect, test } from 'vitest';
import { MIB, record, replay, testFolder, turned } from '../host/support.ts';
import { BUILD_MS, emptyDisk, type LinuxGuest, linuxGuest, noGuest } from './guest.ts';

const folder = testFolder();
const skipped = noGuest === undefined ? '' : ` (skipped: ${noGuest})`;
/** Without an end: one file after another is written and read, and what it is made of told. */
const TASK = [
  'mkfs.ext4 -q /dev/vda',
  'mount -t ext4 /dev/vda /mnt',
  'n=0; while true; do n=$((n + 1)); seq $n 20000 > /mnt/f$((n % 8)); sync; md5sum /mnt/f$((n % 8)); done',
].join('; ');
const KEPT_NS = 2_000_000_000n;

describe.skipIf(noGuest !== undefined)(`the end of a long run${skipped}`, () => {
  let guest: LinuxGuest;
  beforeAll(() => {
    guest = linuxGuest();
  }, BUILD_MS);

  test.each(['host', 'exact'] as const)('clock %s: what was let go is not missed', async (clock) => {
    const file = folder.path(`kept-${clock}.lks`);
    const path = emptyDisk(folder.path(`kept-${clock}.img`), 64 * MIB);
    const options = {
      kernel: guest.kernel,
      initrd: guest.full,
      memoryBytes: 256 * MIB,
      append: `console=ttyS0 quiet extra=1 task="${TASK}"`,
      drives: [{ path, mode: 'write' as const }],
      clock,
      kept: { by: 'time' as const, ns: KEPT_NS },
    };
    const live = await record('linux', file, options, async (ui) => {
      // The one kept at the end has nothing but that work in it, however slow the machine.
      await ui.output.until((text) => text.includes(' /mnt/f'));
      await turned(file, 3);
      ui.end();
    });
    expect(live, live.text).toMatchObject({ notices: [], outcome: { ending: 'stopped', recording: file } });
    const again = await replay(file, { engine: 'auto' });
    expect(again.outcome).toMatchObject({ ending: 'stopped', exitCode: 0 });
    const { ticks, fromTick } = again.outcome.totals;
    expect(ticks).toBe(live.outcome.totals.ticks);
    expect(fromTick).toBe(live.outcome.totals.keptFromTick);
    expect(live.text.endsWith(again.text)).toBe(true);
    expect(live.text).not.toContain('failed');
  });
});

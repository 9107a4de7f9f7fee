/** Debian boots, works and powers off under `record`; the recording replays exactly: each clock, each firmware. */
import { beforeAll, describe, expect, test } from 'vitest';
import { replay, testFolder } from '../host/support.ts';
import {
  BUILD_MS,
  bytesPerThousand,
  type LinuxGuest,
  linuxGuest,
  noGuest,
  OPENSBI,
  recordings,
  recordLinux,
} from './guest.ts';

const folder = testFolder();
const skipped = noGuest === undefined ? '' : ` (skipped: ${noGuest})`;
const TASK = 'cat /proc/cpuinfo; ls -lR /bin | md5sum; for i in 1 2 3; do sleep 0.1; date; done';
/** Over a thousand million steps; no checkpoints are in the log. */
const LOG_BYTES = 300_000;

describe.skipIf(noGuest !== undefined)(`a boot of Debian${skipped}`, () => {
  let guest: LinuxGuest;
  beforeAll(() => {
    guest = linuxGuest();
  }, BUILD_MS);

  const ways = (['host', 'ticks', 'exact'] as const).flatMap((clock) =>
    ([undefined, OPENSBI] as const).map((bios) => ({ clock, bios, name: bios === undefined ? 'built-in' : 'OpenSBI' })),
  );
  test.each(ways)('with clock $clock and $name firmware', async ({ clock, bios }) => {
    const file = folder.path(`${clock}-${bios === undefined ? 'own' : 'opensbi'}.lks`);
    const firmware = bios === undefined ? {} : { bios };
    const live = await recordLinux(guest, file, { initrd: guest.small, task: TASK, clock, ...firmware });
    const again = await replay(file);
    expect(again.outcome, JSON.stringify(again.outcome.divergence)).toMatchObject({ ending: 'halted', exitCode: 0 });
    expect(again.outcome.totals.ticks).toBe(live.outcome.totals.ticks);
    expect(again.text).toBe(live.text);
    if (clock === 'exact') return;
    expect(live.outcome.totals.logBytes).toBeLessThan(LOG_BYTES);
    expect(bytesPerThousand(live)).toBeLessThan(2);
  });

  test(`${recordings()} times over`, async () => {
    for (let i = 0; i < recordings(); i++) {
      const file = folder.path(`again-${i}.lks`);
      const live = await recordLinux(guest, file, { initrd: guest.small, task: TASK });
      const again = await replay(file);
      expect({ i, ...again }).toMatchObject({ i, text: live.text, outcome: { ending: 'halted', exitCode: 0 } });
    }
  });
});

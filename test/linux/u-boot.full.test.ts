/** A whole board's chain of Debian's packages: OpenSBI, U-Boot, and Linux that U-Boot loads from an ext4 disk. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DEFAULTS } from '../../src/host/guest-options.ts';
import { recordGuest } from '../../src/host/record-guest.ts';
import { MIB, record, replay, TestUi, testFolder } from '../host/support.ts';
import { BUILD_MS, emptyDisk, linuxGuest, noGuest, OPENSBI } from './guest.ts';

const folder = testFolder();
const U_BOOT = (build: string): string => `/usr/lib/u-boot/${build}/u-boot.bin`;
const absent = noGuest !== undefined || !existsSync(U_BOOT('qemu-riscv64')) || !existsSync(OPENSBI);
const PROMPT = '=> ';

/** Stops the count to booting by itself, and types lines, each when the one before is done. */
async function type({ input, output }: TestUi, lines: readonly string[]): Promise<void> {
  await output.until((text) => text.includes('Hit any key'));
  input.write(' ');
  for (const [i, line] of ['', ...lines].entries()) {
    await output.until((text) => text.split(PROMPT).length > i + 1);
    input.write(`${line}\n`);
  }
}

const bootDisk = (): string => {
  const { kernel, small } = linuxGuest();
  const root = folder.path('root');
  mkdirSync(root);
  copyFileSync(kernel, `${root}/Image`);
  copyFileSync(small, `${root}/initrd`);
  const disk = emptyDisk(folder.path('boot.img'), 64 * MIB);
  execFileSync('mkfs.ext4', ['-q', '-O', '^metadata_csum,^64bit', '-d', root, disk]);
  return disk;
};

test.skipIf(absent)(
  'OpenSBI starts U-Boot, which loads Linux from a disk; the whole of it replays',
  async () => {
    const path = folder.path('chain.lks');
    const drives = [{ path: bootDisk(), mode: 'readonly' as const }];
    const machine = { bios: OPENSBI, kernel: U_BOOT('qemu-riscv64_smode'), memoryBytes: 512 * MIB, drives };
    const live = await record('', path, machine, (ui) =>
      type(ui, [
        'setenv bootargs console=ttyS0 quiet task=uname',
        'virtio scan',
        'load virtio 0 ${kernel_addr_r} /Image',
        'load virtio 0 ${ramdisk_addr_r} /initrd',
        'booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdtcontroladdr}',
      ]),
    );
    expect(live, live.text).toMatchObject({ notices: [], outcome: { ending: 'halted', exitCode: 0 } });
    expect(live.text).toMatch(/OpenSBI.*U-Boot.*Starting kernel.*Linux\n@@DONE/s);
    const again = await replay(path, { engine: 'auto' });
    expect([again.outcome.error, again.text]).toEqual([undefined, live.text]);
    expect(again.outcome.totals.ticks).toBe(live.outcome.totals.ticks);
  },
  BUILD_MS,
);

test.skipIf(absent)(
  'U-Boot as the firmware, in M-mode: reset and powered on again, and that replays',
  async () => {
    const path = folder.path('firmware.lks');
    const ui = new TestUi();
    const machine = { ...DEFAULTS, memoryBytes: 64 * MIB, bios: U_BOOT('qemu-riscv64'), output: path };
    const session = async (): Promise<void> => {
      await type(ui, ['version', 'reset']);
      await ui.output.until((text) => text.split('Hit any key').length > 2);
      ui.end();
    };
    const [outcome] = await Promise.all([recordGuest(machine, ui), session()]);
    const live = ui.told(outcome);
    expect(live.text.match(/^U-Boot 20/gm)?.length).toBeGreaterThanOrEqual(2);
    const again = await replay(path, { engine: 'auto' });
    expect([again.outcome.error, again.text]).toEqual([undefined, live.text]);
  },
  BUILD_MS,
);

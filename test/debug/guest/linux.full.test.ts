/**
 * Debian's kernel looked into with nothing but its image: its names against /proc/kallsyms, its processes over a
 * recording against ps in the guest.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { kallsymsOf } from '../../../src/debug/guest/kallsyms.ts';
import { LinuxView } from '../../../src/debug/guest/linux.ts';
import { SymbolTable } from '../../../src/debug/guest/symbols.ts';
import { taskHistories } from '../../../src/debug/inspect/processes.ts';
import { tick } from '../../../src/lib/brands.ts';
import { testFolder } from '../../host/support.ts';
import { BUILD_MS, type LinuxGuest, linuxGuest, noGuest, recordLinux } from '../../linux/guest.ts';
import { withTimeline } from '../timeline/support.ts';

const EVERY = 200_000n;
const task = [
  'head -n 20000 /proc/kallsyms',
  'grep -w -e init_task -e total_forks -e nr_threads /proc/kallsyms',
  '(sleep 0.2; exit 7) & wait',
  'ps -o pid,ppid,comm',
].join('; ');

describe.skipIf(noGuest !== undefined)(`a Debian guest${noGuest === undefined ? '' : `: ${noGuest}`}`, () => {
  const files = testFolder();
  let guest: LinuxGuest;
  let kernel: Uint8Array;
  let text = '';
  beforeAll(async () => {
    guest = linuxGuest();
    kernel = new Uint8Array(readFileSync(guest.kernel));
    ({ text } = await recordLinux(guest, files.path('ps.lks'), { initrd: guest.small, task }));
  }, BUILD_MS);

  it('its names are those that it tells itself', () => {
    const told = [...text.matchAll(/^([0-9a-f]{16}) \w (\S+)$/gm)].map(([, address, name]) => `${address} ${name}`);
    expect(told.length).toBeGreaterThan(20_000);
    const found = new Set(kallsymsOf(kernel)!.map(({ address, name }) => `${address.toString(16)} ${name}`));
    expect(told.filter((line) => !found.has(line))).toEqual([]);
  });

  it('its processes are those that it lists', async () => {
    const symbols = SymbolTable.ofImages({ kernel });
    const linux = LinuxView.of(kernel, symbols)!;
    const listed = [...text.matchAll(/^ *(\d+) +(\d+) +(\S+)$/gm)].map(([, pid, parent, comm]) => {
      return { pid: Number(pid), parent: Number(parent), comm: comm! };
    });
    expect(listed.length).toBeGreaterThan(30);
    await withTimeline(files.path('ps.lks'), {}, async ({ timeline }) => {
      const { tasks, unseen } = await taskHistories(timeline, linux, EVERY, timeline.end);
      expect(unseen).toBeLessThan(40n);
      for (const { pid, parent, comm } of listed) {
        const names = tasks.filter((one) => one.pid === pid && one.parent === parent).flatMap((one) => one.names);
        // ps adds to the name of a worker of the kernel what it last worked on.
        const fits = names.some((name) => comm === name.comm || comm.startsWith(`${name.comm}-`));
        expect({ pid, comm, names, fits }).toMatchObject({ fits: true });
      }
      const [init] = tasks;
      expect(init).toMatchObject({ pid: 1, alive: true, kernelThread: false });
      const last = tasks.findLast(({ names }) => names.some(({ comm }) => comm === 'ps'))!;
      await timeline.seek(tick((last.first + last.last) / 2n));
      expect(linux.tasks(timeline.board).map(({ pid }) => pid)).toContain(last.pid);
      expect(linux.current(timeline.board)?.comm).toBeDefined();
    });
  });
});

/**
 * gdb on a boot of Debian: a program with its symbols and the kernel with the names that it carries, back from the
 * wrong sum that the program prints to what made it wrong.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { symbolElf } from '../../../src/debug/gdb/symbol-elf.ts';
import { SymbolTable } from '../../../src/debug/guest/symbols.ts';
import { testFolder } from '../../host/support.ts';
import { BUILD_MS, linuxGuest, noGuest, recordLinux } from '../../linux/guest.ts';
import { withTimeline } from '../timeline/support.ts';
import { hasGdb, inGdb, noGdb } from './real-gdb.ts';

const CC = 'riscv64-linux-gnu-gcc';
const reasons = [
  ...(noGuest === undefined ? [] : [noGuest]),
  ...(hasGdb ? [] : [noGdb]),
  ...(spawnSync(CC, ['--version']).status === 0 ? [] : [`${CC} is not installed`]),
];
const skipped = reasons.length === 0 ? '' : ` (skipped: ${reasons.join(', ')})`;
const folder = testFolder();
const source = fileURLToPath(new URL('fixtures/ledger.c', import.meta.url));

/** An archive of one executable file in /root, to be put behind an initrd. */
function archiveOf(name: string, contents: Uint8Array): Uint8Array {
  const padded = (bytes: Uint8Array): Uint8Array => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const entry = (path: string, mode: number, data: Uint8Array, ino: number): Uint8Array => {
    const fields = [ino, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, path.length + 1, 0];
    const digits = fields.map((field) => field.toString(16).padStart(8, '0')).join('');
    return Buffer.concat([padded(Buffer.from(`070701${digits}${path}\0`)), padded(data)]);
  };
  const none = new Uint8Array(0);
  const entries = [
    entry('root', 0o40755, none, 900_001),
    entry(`root/${name}`, 0o100755, contents, 900_002),
    entry('TRAILER!!!', 0, none, 0),
  ];
  return gzipSync(Buffer.concat(entries));
}

test.skipIf(reasons.length > 0)(
  `a wrong sum is followed back through a program and the kernel${skipped}`,
  async () => {
    const guest = linuxGuest();
    const program = folder.path('ledger');
    execFileSync(CC, ['-g', '-O1', '-fno-inline', '-static', '-U_FORTIFY_SOURCE', '-o', program, source]);
    const initrd = folder.path('initrd');
    copyFileSync(guest.small, initrd);
    appendFileSync(initrd, archiveOf('ledger', readFileSync(program)));
    const file = folder.path('ledger.lks');
    const { text } = await recordLinux(guest, file, { initrd, task: '/root/ledger', checkpoints: 'auto' });
    const [, sum] = /^total (\d+)$/m.exec(text)!;
    expect(sum).not.toBe('400');

    const kernel = folder.path('kernel.elf');
    const names = SymbolTable.ofImages({ kernel: new Uint8Array(readFileSync(guest.kernel)) });
    writeFileSync(kernel, symbolElf([...names]));
    const printed = await withTimeline(file, { engine: 'auto' }, async ({ timeline }) => {
      await timeline.seek(timeline.end);
      return (await timeline.backward({ consoleMatch: /^total / }, timeline.start)).tick;
    });

    // The kernel first: gdb takes the program it is given first for one that runs by itself.
    const into = ['tbreak total', 'reverse-continue'];
    const { said: all } = await inGdb(
      file,
      printed,
      [
        // What is printed may leave the machine while another process runs.
        ...into,
        'watch accounts[2].balance',
        'reverse-continue',
        'bt',
        'delete',
        'reverse-finish',
        'tbreak open_account',
        'reverse-continue',
        'reverse-finish',
        'reverse-next',
        'reverse-next',
        'reverse-next',
        'tbreak total',
        'reverse-continue',
        'next',
        'next',
        'reverse-step',
        'tbreak ksys_write',
        'reverse-continue',
        'reverse-finish',
        'reverse-finish',
        'watch *(long *)&jiffies',
        'reverse-continue',
        'monitor last-write saved_command_line',
      ],
      [kernel, program],
    );
    const said = all.slice(into.length);
    const wrong = BigInt(sum!) - 300n;
    expect(said[1]).toContain(`Old value = ${wrong}\nNew value = 100\n`);
    expect(said[2]).toMatch(
      / in open_account \(i=i@entry=2, name=.*"a-name-that-is-far-too-long"\) at .*ledger\.c:11\n/,
    );
    expect(said[4]).toMatch(/ in (memcpy|strcpy) \(\)\n/);
    expect(said[6]).toMatch(/open_account \(i=i@entry=2, .*ledger\.c:11\n/);
    // Out of the call, then line by line over the calls before it.
    expect(said[7]).toMatch(/ in main \(\) at .*ledger\.c:32\n/);
    expect(said.slice(8, 11)).toEqual([
      expect.stringMatching(/^32\t/),
      expect.stringMatching(/^27\t/),
      expect.stringMatching(/^30\t/),
    ]);
    expect(said[12]).toMatch(/total \(\) at .*ledger\.c:17\n/);
    expect(said[13]).toMatch(/^18\t/);
    expect(said[14]).toMatch(/^main \(\) at .*ledger\.c:30\n/);
    expect(said[15]).toMatch(/ in total \(\) at .*ledger\.c:19\n/);
    // In the kernel, by the names that it carries.
    expect(said[17]).toMatch(/Temporary breakpoint \d, 0x[0-9a-f]+ in ksys_write \(\)\n/);
    expect(said[18]).toMatch(/ in __riscv_sys_write \(\)\n/);
    expect(said[19]).toMatch(/ in do_trap_ecall_u \(\)\n/);
    const [, later, earlier] = /Old value = (-?\d+)\nNew value = (-?\d+)\n/.exec(said[21]!)!;
    // By one, or by more of a host that stood still.
    expect(Number(later)).toBeGreaterThan(Number(earlier));
    expect(said[21]).toMatch(/ in tick_do_update_jiffies64 \(\)\n/);
    expect(said[22]).toMatch(/written by 0x[0-9a-f]+ start_kernel\+/);
  },
  BUILD_MS,
);

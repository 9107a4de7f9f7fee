/** gdb itself: found, started on a server, told what it needs to know. */

import { spawn, spawnSync } from 'node:child_process';
import type { GdbFiles } from './debug-symbols.ts';

/** In the order in which they are tried. */
const PROGRAMS = ['gdb-multiarch', 'riscv64-linux-gnu-gdb', 'riscv64-unknown-elf-gdb', 'gdb'];

/** A gdb on this host that knows RISC-V. */
export function findGdb(): string | undefined {
  return PROGRAMS.find((program) => {
    const { status, stderr } = spawnSync(program, ['-nx', '-batch', '-ex', 'set architecture riscv:rv64'], {
      encoding: 'utf8',
    });
    return status === 0 && !stderr.includes('Undefined item');
  });
}

/**
 * After `monitor goto` gdb is to look again: it keeps registers and frames that it has read, and the values that its
 * watchpoints compare with. And a whole machine is not a process of the system that its programs are for: gdb would
 * look for a dynamic linker, and take a static program for it.
 */
const SCRIPT = `
set osabi none
define hook-monitor
  python lockstep_before = lockstep_tick()
end
define hookpost-monitor
  python lockstep_look_again()
end
python
lockstep_before = None
def lockstep_tick():
    try:
        return gdb.execute('monitor when-ticks', to_string=True)
    except gdb.error:
        return None
def lockstep_look_again():
    if lockstep_tick() == lockstep_before:
        return
    try:
        gdb.execute('maintenance flush register-cache', to_string=True)
        for watch in gdb.breakpoints():
            if watch.type != gdb.BP_BREAKPOINT and watch.enabled:
                watch.enabled = False
                watch.enabled = True
        gdb.execute('frame')
    except gdb.error:
        pass
end
`;

/** Arguments of gdb that open the files for symbols and attach to the server. */
export function gdbArguments(address: string, symbolFiles: readonly string[], script?: string): readonly string[] {
  const [main, ...more] = symbolFiles;
  return [
    ...(main === undefined ? [] : [main]),
    ...(more.length === 0 ? [] : unasked(more.map((file) => `add-symbol-file ${file}`))),
    ...(script === undefined ? [] : ['-x', script]),
    '-ex',
    `target remote ${address}`,
  ];
}

/** The same as one would type it. */
export function gdbCommandText(program: string, address: string, symbolFiles: readonly string[]): string {
  return [program, ...gdbArguments(address, symbolFiles)].map(quoted).join(' ');
}

/** Runs gdb on this terminal until it ends. Rejects when it cannot be started. */
export function runGdb(
  program: string,
  address: string,
  symbolFiles: readonly string[],
  files: GdbFiles,
): Promise<void> {
  const script = files.write('lockstep.gdb', SCRIPT);
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['-q', ...gdbArguments(address, symbolFiles, script)], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', () => resolve());
  });
}

/** gdb would ask whether it shall. */
const unasked = (commands: readonly string[]): string[] =>
  ['set confirm off', ...commands, 'set confirm on'].flatMap((command) => ['-ex', command]);

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

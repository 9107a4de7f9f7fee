/** gdb itself, in batch mode, on a recording: what it prints is what its user would read. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TimelineTarget } from '../../../src/debug/gdb/timeline-target.ts';
import { SymbolTable } from '../../../src/debug/guest/symbols.ts';
import { GdbServer } from '../../../src/host/gdb-server.ts';
import { openTimeline } from '../../../src/host/open-timeline.ts';
import { tick } from '../../../src/lib/brands.ts';

const GDB = 'gdb-multiarch';
export const hasGdb = spawnSync(GDB, ['--version']).status === 0;
export const noGdb = `${GDB} is not installed`;

/** Where the samples' sources are, as their ELFs name them. */
const samples = fileURLToPath(new URL('../../../samples', import.meta.url));

export interface GdbRun {
  /** What gdb printed for each command. */
  readonly said: readonly string[];
  /** Where the guest stood when gdb detached. */
  readonly tick: bigint;
}

/**
 * Attaches at a tick, carries out the commands and detaches. `names`: ELF files for symbols, in place of the kernel's.
 */
export async function inGdb(
  file: string,
  at: bigint | 'end',
  commands: readonly string[],
  names?: readonly string[],
): Promise<GdbRun> {
  const opened = openTimeline(file);
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-gdb-'));
  const { timeline, symbolImages } = opened;
  const images = Object.fromEntries(symbolImages.map(({ role, bytes }) => [role, bytes]));
  const elf = join(folder, 'kernel.elf');
  if (images.kernel !== undefined) writeFileSync(elf, images.kernel);
  await timeline.seek(at === 'end' ? timeline.end : tick(at));
  const named = (names ?? []).map((path) => [path, new Uint8Array(readFileSync(path))] as const);
  const symbols = SymbolTable.ofImages({ ...images, ...Object.fromEntries(named) });
  const server = await GdbServer.listen({
    target: new TimelineTarget({ timeline, symbols, events: () => [], growing: false }),
    port: 0,
    ports: {
      breathe: async () => {
        await new Promise(setImmediate);
        return false;
      },
      rested: () => {},
      live: async () => '',
      notice: () => {},
      ownGdb: false,
    },
  });
  try {
    const text = await gdb(names ?? [elf], server.address, commands);
    await server.done;
    const said = text.split(/^@@\d+\n/m).slice(1);
    if (said.length !== commands.length) throw new Error(`gdb stopped early:\n${text}`);
    return { said, tick: timeline.now };
  } finally {
    await server.close();
    opened.close();
    rmSync(folder, { recursive: true });
  }
}

/** A mark before what each command prints. */
function gdb(names: readonly string[], address: string, commands: readonly string[]): Promise<string> {
  const marked = commands.flatMap((command, i) => ['-ex', `echo @@${i}\\n`, '-ex', command]);
  const [elf = '', ...more] = names;
  const added = more.flatMap((name) => ['-ex', `add-symbol-file ${name}`]);
  const args = [
    '-nx',
    '-batch',
    elf,
    ...added,
    '-ex',
    `directory ${samples}`,
    '-ex',
    `target remote ${address}`,
    ...marked,
  ];
  return new Promise((resolve, reject) => {
    // Errors and results on one stream, so that they stay in order.
    const child = spawn('sh', ['-c', `exec ${GDB} "$@" 2>&1`, 'sh', ...args], {
      env: { ...process.env, NO_COLOR: '1', LC_ALL: 'C' },
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
}

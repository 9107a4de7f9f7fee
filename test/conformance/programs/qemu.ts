/** Runs a chunk under QEMU and gives what it wrote to the UART. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Without AIA, QEMU 7.2 takes the lowest interrupt number first; with it, the order of the privileged manual. */
const CPU_OF: Readonly<Record<string, string>> = { interrupts: ',x-smaia=true,x-ssaia=true' };
/** Two harts on threads, or QEMU makes an AMO of a load and a store and reports the load's faults. The second parks. */
const HARTS = ['-smp', '2', '-accel', 'tcg,thread=multi'];

/** What this machine has and 7.2 can be told of; Zicbom, Zicboz and Svade came to QEMU later. */
const CPU = 'rv64,h=false,zbc=false,zba=true,zbb=true,zbs=true,sstc=true,zkr=true,svpbmt=false,svnapot=false';

export const qemuVersion = (): string | undefined => {
  const { stdout, status } = spawnSync('qemu-system-riscv64', ['--version'], { encoding: 'utf8' });
  return status === 0 ? /version (\S+)/.exec(stdout)?.[1] : undefined;
};

/** `failure` is empty when the program powered the machine off. */
export function runOnQemu(elf: Uint8Array, chunk: string): { readonly bytes: Uint8Array; readonly failure: string } {
  const dir = mkdtempSync(join(tmpdir(), 'conformance-'));
  try {
    const kernel = join(dir, 'chunk.elf');
    const answer = join(dir, 'answer');
    writeFileSync(kernel, elf);
    const machine = [
      '-M',
      'virt',
      '-cpu',
      CPU + (CPU_OF[chunk] ?? ''),
      ...HARTS,
      '-m',
      '64',
      '-bios',
      'none',
      '-kernel',
      kernel,
    ];
    const devices = ['-display', 'none', '-monitor', 'none', '-serial', `file:${answer}`];
    const { status, stderr, error } = spawnSync('qemu-system-riscv64', [...machine, ...devices], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    const bytes = new Uint8Array(readFileSync(answer));
    const failure = error?.message ?? (status === 0 ? '' : `status ${status} ${stderr}`);
    return { bytes, failure };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

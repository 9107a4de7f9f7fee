/** Builds the executor from its sources. The same compiler gives the same bytes. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const FLAGS = [
  '-march=rv64gc',
  '-mabi=lp64d',
  '-mcmodel=medany',
  '-mno-relax',
  '-O2',
  '-ffreestanding',
  '-fno-builtin',
  '-nostdlib',
  '-s',
  '-Wall',
  '-Wextra',
  '-Wl,--no-warn-rwx-segments',
  '-Wl,--build-id=none',
];

export function buildExecutor(output: string): void {
  const here = (name: string): string => fileURLToPath(new URL(`executor/${name}`, import.meta.url));
  const sources = ['start.S', 'state.c', 'main.c'].map(here);
  const args = [...FLAGS, '-T', here('link.ld'), ...sources, '-o', output];
  execFileSync('riscv64-unknown-elf-gcc', args, { stdio: 'inherit' });
}

/**
 * GNU binutils as a second opinion: what its assembler and disassembler make of instruction bits. Tests only.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const AS = 'riscv64-linux-gnu-as';
const OBJDUMP = 'riscv64-linux-gnu-objdump';
const OBJCOPY = 'riscv64-linux-gnu-objcopy';
const MARCH = '-march=rv64gc_zba_zbb_zbs_zicbom_zicboz';

export function binutilsInstalled(): boolean {
  try {
    for (const tool of [AS, OBJDUMP, OBJCOPY]) execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function assembled<T>(source: string, use: (object: string, folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-as-'));
  try {
    const object = join(folder, 'a.o');
    writeFileSync(join(folder, 'a.s'), source);
    execFileSync(AS, [MARCH, '-o', object, join(folder, 'a.s')]);
    return use(object, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface Line {
  readonly pc: number;
  readonly bits: number;
  readonly text: string;
}

/** Each instruction's text and address, one after the other from address 0; of 16 bits unless the low two are 11. */
export function objdump(bits: readonly number[]): Line[] {
  const source = bits.map((b) => `.insn 0x${b.toString(16)}\n`).join('');
  const listing = assembled(source, (object) =>
    execFileSync(OBJDUMP, ['-d', '-M', 'no-aliases', object], { encoding: 'utf8', maxBuffer: 1 << 28 }),
  );
  return [...listing.matchAll(/^ *([0-9a-f]+):\t([0-9a-f]+) +\t(.*)$/gm)].map(([, pc, raw, text]) => ({
    pc: Number.parseInt(pc!, 16),
    bits: Number.parseInt(raw!, 16),
    text: clean(text!),
  }));
}
/** Without comments and symbols; targets with 0x. */
const clean = (text: string): string =>
  text
    .replace(/\s*#.*/, '')
    .replace(/([0-9a-f]+) <[^>]*>/, '0x$1')
    .replace('\t', ' ')
    .trim();

/** The bytes of assembly source. */
export function assemble(source: string): Uint8Array {
  return assembled(source, (object, folder) => {
    const binary = join(folder, 'a.bin');
    execFileSync(OBJCOPY, ['-O', 'binary', object, binary]);
    return new Uint8Array(readFileSync(binary));
  });
}

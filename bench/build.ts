/**
 * Builds the bench's programs from `guests/` with the host's compilers: bare for M-mode, static for riscv64 Linux, and
 * native. The three come from the same kernels with the same floating-point rules, so that their checksums agree.
 */

import { mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTool, needTool, runTool } from './tools.ts';

const GUESTS = fileURLToPath(new URL('guests', import.meta.url));
const COMMON = fileURLToPath(new URL('../samples/common', import.meta.url));
/** Whose network the guest that is copied has. */
const UDP_KV = fileURLToPath(new URL('../samples/udp-kv', import.meta.url));

const FLAGS = ['-std=gnu11', '-O2', '-ffp-contract=off', '-fno-math-errno', '-Wall', '-Wextra', '-Werror'];
const BARE = ['-march=rv64gc', '-mabi=lp64d', '-mcmodel=medany', '-ffreestanding', '-fno-pic', '-fno-common'].concat(
  ['-fno-stack-protector', '-fno-tree-loop-distribute-patterns', '-ffunction-sections', '-fdata-sections'],
  ['-nostdlib', '-nostartfiles', '-static', '-Wl,--gc-sections', '-Wl,--build-id=none', '-Wl,--no-warn-rwx-segments'],
);

/** Where built programs and guests stay from one bench to the next. */
export function cacheFolder(): string {
  const xdg = process.env.XDG_CACHE_HOME;
  const folder = join(xdg?.startsWith('/') ? xdg : join(homedir(), '.cache'), 'lockstep-bench');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** An ELF for the start of RAM; its path. */
export function buildBare(): string {
  const gcc = needTool('riscv64-unknown-elf-gcc', 'gcc-riscv64-unknown-elf');
  const out = join(cacheFolder(), 'bench.elf');
  const layout = ['-T', join(COMMON, 'sample.ld')];
  const sources = [...sourcesIn(COMMON), ...sourcesIn(join(GUESTS, 'bare')), ...sourcesIn(join(GUESTS, 'kernels'))];
  runTool(gcc, [...FLAGS, ...BARE, `-I${COMMON}`, `-I${GUESTS}`, ...layout, ...sources, '-o', out]);
  return out;
}

/** The guest that is copied while a client looks on: an ELF for the start of RAM; its path. */
export function buildCopied(): string {
  const gcc = needTool('riscv64-unknown-elf-gcc', 'gcc-riscv64-unknown-elf');
  const out = join(cacheFolder(), 'copied.elf');
  const layout = ['-T', join(COMMON, 'sample.ld')];
  const sources = [...sourcesIn(COMMON), join(GUESTS, 'clone', 'main.c'), join(UDP_KV, 'ip.c')];
  runTool(gcc, [...FLAGS, ...BARE, `-I${COMMON}`, `-I${UDP_KV}`, ...layout, ...sources, '-o', out]);
  return out;
}

/** A static riscv64 Linux program; its path. */
export function buildLinux(): string {
  const gcc = needTool('riscv64-linux-gnu-gcc', 'gcc-riscv64-linux-gnu');
  const out = join(cacheFolder(), 'bench-riscv64');
  runTool(gcc, [...FLAGS, '-march=rv64gc', '-static', ...linuxArgs(out)]);
  return out;
}

/** The bench's own sources, preprocessed for riscv64 Linux: work for a compiler in the guest. Their paths. */
export function preprocessLinux(): string[] {
  const gcc = needTool('riscv64-linux-gnu-gcc', 'gcc-riscv64-linux-gnu');
  const folder = join(cacheFolder(), 'preprocessed');
  mkdirSync(folder, { recursive: true });
  return [...sourcesIn(join(GUESTS, 'kernels')), ...sourcesIn(join(GUESTS, 'linux'))].map((source) => {
    const out = join(folder, basename(source).replace(/c$/, 'i'));
    runTool(gcc, ['-std=gnu11', '-O2', '-march=rv64gc', '-E', '-P', `-I${GUESTS}`, source, '-o', out]);
    return out;
  });
}

/** The same program for this host, or undefined without a compiler for it. */
export function buildNative(): string | undefined {
  const gcc = findTool('gcc');
  if (gcc === undefined || process.platform !== 'linux') return undefined;
  const out = join(cacheFolder(), 'bench-native');
  runTool(gcc, [...FLAGS, ...linuxArgs(out)]);
  return out;
}

function linuxArgs(out: string): string[] {
  return [`-I${GUESTS}`, ...sourcesIn(join(GUESTS, 'linux')), ...sourcesIn(join(GUESTS, 'kernels')), '-o', out];
}

function sourcesIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => /\.[cS]$/.test(name));
  return names.sort().map((name) => join(folder, name));
}

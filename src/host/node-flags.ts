/**
 * What Node has to be told on its command line before it runs guests. No flag is set in a process that runs: V8 does
 * not promise to bear that once it has threads that compile.
 *
 * On computers with few cores:
 *
 * - Node's threads that compile and collect garbage in the background, four of them whatever the computer, are one less
 *   than there are cores: the guest's thread has one for itself. A Linux boot on two cores takes a tenth less time so.
 *
 * For the versions of V8 in Node 22 to 24:
 *
 * - Branch hints in compiled code (the custom section metadata.code.branch_hint) are heeded by themselves from V8 14
 *   on, before that when asked for. They change the speed of code and nothing else.
 * - Its garbage collection of WebAssembly code is off. The wrappers through which WebAssembly calls JavaScript are
 *   shared by the threads of a process there, and one that is being freed can be found by another thread, which then
 *   frees it once more: the process ends ("Check failed: jit_page.has_value()", or a segmentation fault). Any process
 *   whose guest gets a new thread can meet this; V8 14 counts the references otherwise. Code of a module goes with the
 *   module as before; only what was replaced by better code of the same module stays as long as the module.
 *
 * Loaded before anything else of the program: imports nothing of it.
 */

import { availableParallelism } from 'node:os';

/** What Node has unless it is told. */
const POOL_THREADS = 4;
const POOL = '--v8-pool-size';
const WASM_FLAGS = ['--experimental-wasm-branch-hinting', '--no-wasm-code-gc'] as const;
/** Major versions of V8 that are to be told. */
const TO_BE_TOLD = { first: 12, last: 13 } as const;

/** Commands that step no guest, by their first one or two words. */
const GUESTLESS: ReadonlySet<string> = new Set([
  'disk serve',
  'ft keygen',
  'ft protect',
  'ft status',
  'ft stop',
  'ft unprotect',
  'help',
  'log dump',
  'log info',
  'log repair',
  'log verify',
  'ls',
  'pack',
  'switch',
]);

/** What a Node with this V8, on that many cores, is to be told on its command line before it runs guests. */
export function nodeFlags(
  v8: string | undefined = process.versions.v8,
  cores: number = availableParallelism(),
): readonly string[] {
  const major = Number.parseInt(v8 ?? '', 10);
  const wasm = major >= TO_BE_TOLD.first && major <= TO_BE_TOLD.last ? WASM_FLAGS : [];
  return cores > POOL_THREADS ? wasm : [...wasm, `${POOL}=${Math.max(1, cores - 1)}`];
}

/** What is to be added to `given`, the words that Node has got on its command line and in NODE_OPTIONS. */
export function flagsToAdd(given: readonly string[], flags: readonly string[] = nodeFlags()): string[] {
  const nameOf = (flag: string): string => flag.replace(/=.*/, '').replaceAll('_', '-');
  const known = new Set(given.map(nameOf));
  return flags.filter((flag) => !known.has(nameOf(flag)));
}

/** Whether a command may step a guest. `words`: the command line behind the program's name. */
export function stepsGuest(words: readonly string[]): boolean {
  const [first = '--help', second] = words;
  const asks = words.some((word) => word === '--help' || word === '-h' || word === '--version');
  return !asks && !first.startsWith('-') && !GUESTLESS.has(first) && !GUESTLESS.has(`${first} ${second}`);
}

/**
 * Puts the same command with V8's flags in the place of this process, which keeps its number, descriptors and
 * environment. Comes back where there is nothing to tell, and where the system has no such call; then everything works
 * as well, slower and with the risk above.
 */
export function restartWithFlags(words: readonly string[]): void {
  const options = process.env.NODE_OPTIONS?.split(/\s+/) ?? [];
  const flags = flagsToAdd([...process.execArgv, ...options]);
  if (flags.length === 0 || process.execve === undefined || !stepsGuest(words)) return;
  const { execPath, execArgv, argv } = process;
  try {
    process.execve(execPath, [execPath, ...execArgv, ...flags, ...argv.slice(1)]);
  } catch {
    // The system or a permission of Node forbids it.
  }
}

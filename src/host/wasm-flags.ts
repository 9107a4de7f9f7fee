/**
 * What V8 has to be told on Node's command line before it runs guests. Both concern the versions of Node 22 to 24; no
 * flag is set in a process that runs: V8 does not promise to bear that once it has threads that compile.
 *
 * - Branch hints in compiled code (the custom section metadata.code.branch_hint) are heeded by themselves from V8 14
 *   on, before that when asked for. They change the speed of code and nothing else.
 * - Its garbage collection of WebAssembly code is off. The wrappers through which WebAssembly calls JavaScript are
 *   shared by the threads of a process there, and one that is being freed can be found by another thread, which then
 *   frees it once more: the process ends ("Check failed: jit_page.has_value()", or a segmentation fault). Any process
 *   whose guest gets a new thread can meet this; V8 14 counts the references otherwise. Code of a module goes with the
 *   module as before; only what was replaced by better code of the same module stays as long as the module.
 *
 * Loaded before anything else of the program: imports nothing.
 */

const FLAGS = ['--experimental-wasm-branch-hinting', '--no-wasm-code-gc'] as const;
/** Major versions of V8 that are to be told. */
const TO_BE_TOLD = { first: 12, last: 13 } as const;

/** Commands that step no guest, by their first one or two words. */
const GUESTLESS: ReadonlySet<string> = new Set([
  'disk serve',
  'ft keygen',
  'ft protect',
  'ft status',
  'ft stop',
  'help',
  'log dump',
  'log info',
  'log repair',
  'log verify',
  'ls',
  'pack',
  'switch',
]);

/** What a Node with this V8 is to be told on its command line before it runs guests. */
export function wasmFlags(v8: string | undefined = process.versions.v8): readonly string[] {
  const major = Number.parseInt(v8 ?? '', 10);
  return major >= TO_BE_TOLD.first && major <= TO_BE_TOLD.last ? FLAGS : [];
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
  const flags = wasmFlags().filter((flag) => !process.execArgv.includes(flag));
  if (flags.length === 0 || process.execve === undefined || !stepsGuest(words)) return;
  const { execPath, execArgv, argv } = process;
  try {
    process.execve(execPath, [execPath, ...execArgv, ...flags, ...argv.slice(1)]);
  } catch {
    // The system or a permission of Node forbids it.
  }
}

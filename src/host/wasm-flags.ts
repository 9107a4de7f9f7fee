/**
 * V8 heeds the branch hints of compiled code (the custom section metadata.code.branch_hint) by itself from version 14
 * on, and before that when its command line says so. They change the speed of code and nothing else. The flag is never
 * set in a process that runs: V8 does not promise to bear that once it has threads that compile.
 *
 * Loaded before anything else of the program: imports nothing.
 */

const FLAG = '--experimental-wasm-branch-hinting';
/** Major versions of V8 that know the flag and have it off: those of Node 22 to 24. */
const TO_BE_ASKED = { first: 12, last: 13 } as const;

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

/** What is to be said to a Node with this V8, on its command line, for code with branch hints. */
export function branchHintFlags(v8: string | undefined = process.versions.v8): readonly string[] {
  const major = Number.parseInt(v8 ?? '', 10);
  return major >= TO_BE_ASKED.first && major <= TO_BE_ASKED.last ? [FLAG] : [];
}

/** Whether a command may step a guest. `words`: the command line behind the program's name. */
export function stepsGuest(words: readonly string[]): boolean {
  const [first = '--help', second] = words;
  const asks = words.some((word) => word === '--help' || word === '-h' || word === '--version');
  return !asks && !first.startsWith('-') && !GUESTLESS.has(first) && !GUESTLESS.has(`${first} ${second}`);
}

/**
 * Puts the same command with V8's flags in the place of this process, which keeps its number, descriptors and
 * environment. Comes back where there is nothing to gain, and where the system has no such call; then everything works
 * as well, slower.
 */
export function restartForHints(words: readonly string[]): void {
  const flags = branchHintFlags().filter((flag) => !process.execArgv.includes(flag));
  if (flags.length === 0 || process.execve === undefined || !stepsGuest(words)) return;
  const { execPath, execArgv, argv } = process;
  try {
    process.execve(execPath, [execPath, ...execArgv, ...flags, ...argv.slice(1)]);
  } catch {
    // The system or a permission of Node forbids it.
  }
}

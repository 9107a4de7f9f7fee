/**
 * `npm run demo`: records `race`, a small kernel with a lost-update bug that shows in some runs and not in others,
 * until a run fails; replays the failing run, twice; and says what happened in it, down to the instruction. Then a
 * guest counts aloud on a pair of processes, and goes on when one of them is killed. Leaves nothing behind.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import chalk from 'chalk';
import { findLostUpdate } from './demo/lost-update.ts';
import { EVERY_MS, pairCommand, showTakeover } from './demo/takeover.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const command = join(root, 'bin/run.js');
const folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
// Images and sockets, besides recordings.
process.env.XDG_STATE_HOME = folder;
process.env.XDG_RUNTIME_DIR = folder;
const ATTEMPTS = 60;
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop.abort());

const ran = (args: readonly string[]): void => console.log(chalk.bold(`\n$ lockstep ${args.join(' ')}`));

/** Runs the command as a user would, its output shown; its exit status. */
function lockstep(...args: string[]): number {
  ran(args);
  const { status } = spawnSync(process.execPath, [command, ...args], { cwd: folder, stdio: 'inherit' });
  return status ?? 70;
}

function must(status: number, ...wanted: number[]): void {
  if (!wanted.includes(status)) throw new Error(`lockstep ended with status ${status}`);
}

function replayDemo(): void {
  const kernel = join(root, 'samples/prebuilt/race.elf');
  console.log(chalk.cyan('Two threads add to one counter. Some runs lose updates. Record until one does:'));
  let attempt = 0;
  let status = 0;
  let file = '';
  while (status === 0 && attempt < ATTEMPTS) {
    attempt += 1;
    file = `race-${attempt}.lks`;
    status = lockstep('record', '--kernel', kernel, '-o', file);
    must(status, 0, 1);
  }
  if (status !== 1) throw new Error(`none of ${ATTEMPTS} runs failed`);

  console.log(chalk.cyan(`\nRun ${attempt} failed, and the failure is kept. It comes back every time:`));
  must(lockstep('replay', file), 0);
  must(lockstep('replay', file, '--verify'), 0);
  must(lockstep('log', 'info', file), 0);

  console.log(chalk.cyan('\nWhat happened, found by replaying with an eye on the counter:'));
  const lost = findLostUpdate(join(folder, file));
  if (lost === undefined) throw new Error('the recording shows no lost update');
  const { tick, pc, thread, before, stored, readBefore } = lost;
  const reader = `a thread in ${thread} reads it and is interrupted`;
  console.log(`  tick ${readBefore.toLocaleString()}: the counter is ${stored - 1n}; ${reader}`);
  console.log(`  until tick ${tick.toLocaleString()} the other thread takes the counter to ${before}`);
  console.log(
    `  tick ${tick.toLocaleString()}: the first, at pc 0x${pc.toString(16)}, stores ${stored}: ` +
      chalk.red(`${before - stored + 1n} updates lost`),
  );
  console.log(chalk.green(`\nThe same tick, the same instruction, on any computer: ${file} is all it takes.`));
}

async function pairDemo(): Promise<void> {
  console.log(chalk.cyan('\nThe same log, sent to a second process while it is written. A guest counts aloud:'));
  const args = pairCommand(join(root, 'samples/prebuilt/count.elf'));
  ran(args);
  const { words, longestSilenceMs, last } = await showTakeover(
    process.execPath,
    [command, ...args],
    folder,
    stop.signal,
    {
      note: (typed) => console.log(chalk.bold.red(`\n$ ${typed}`)),
      number: (number) => process.stdout.write(`${number} `),
    },
  );
  const silence = `${longestSilenceMs.toFixed(0)} ms, ${EVERY_MS} ms when nothing happens`;
  console.log(`\n\n  ${words}`);
  console.log(`  longest silence between two numbers: ${silence}`);
  console.log(chalk.green(`\n1 to ${last}, without a gap or a repeat.`));

  console.log(chalk.cyan("\nWhat the backup has on file is one run, from the primary's reset to its own end:"));
  must(lockstep('replay', 'pair.backup.lks', '--verify'), 0);
}

try {
  replayDemo();
  await pairDemo();
} catch (error) {
  console.error(chalk.red(`demo: ${error instanceof Error ? error.message : String(error)}`));
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

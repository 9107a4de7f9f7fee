/**
 * Stands in for `lockstep ft pair`: says what it says, counts to 50, and sees its "primary" (a process that waits, and
 * ends with this one) die at the hands of who watches. `node fake-pair.ts [gap|repeat|fails|alone|noise|stuck]`: what
 * it does wrong then.
 */
import { spawn } from 'node:child_process';

const wrong = process.argv[2] ?? '';
const primary = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
const say = (text: string): void => void process.stderr.write(`lockstep: ${text}\n`);
const count = (from: number, to: number): void => {
  for (let number = from; number <= to; number++) process.stdout.write(`count ${number}\n`);
};

say(`the primary is process ${primary.pid}, the backup is process 1`);
count(1, 10);
say('primary: the pair demo is protected by b on h, epoch 1');
count(11, 20);
primary.once('exit', () => {
  if (wrong === 'stuck') return void setInterval(() => {}, 1000);
  if (wrong !== 'alone') say('backup: the guest is live here, epoch 2: 9 ms after the other side was last heard');
  if (wrong === 'noise') process.stdout.write('panic\n');
  count(wrong === 'gap' ? 22 : wrong === 'repeat' ? 20 : 21, 50);
  process.exitCode = wrong === 'fails' ? 4 : 0;
});

/**
 * A real terminal, made by `script` (util-linux): keys reach the guest, Ctrl-A x quits, and the terminal is put back.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { sample, testFolder } from './support.ts';

const folder = testFolder();
const SCRIPT = fileURLToPath(new URL('./fixtures/recorder.ts', import.meta.url));
const absent = spawnSync('script', ['--version']).error !== undefined;

test.skipIf(absent)('on a terminal every key is the guest’s but Ctrl-A, and the terminal comes back', async () => {
  const recorder = `"${process.execPath}" "${SCRIPT}" "${sample('clock')}" "${folder.path('tty.lks')}" wait=100000`;
  const command = `${recorder}; echo status=$?; stty -a | grep -o -- '-\\?icanon'`;
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null']);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1');
  });
  const until = async (text: string): Promise<void> => {
    while (!said.includes(text)) await once(child.stdout, 'data');
  };
  await until('type something');
  child.stdin.write('h\x03\x01h');
  await until('input   03');
  await until('Ctrl-A x: quit');
  child.stdin.write('\x01x');
  await once(child, 'close');
  expect(said).toContain('input   68');
  expect(said.trim().split('\r\n').slice(-2)).toEqual(['status=0', 'icanon']);
});

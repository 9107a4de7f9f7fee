/** `lockstep debug` as a process: how it begins, and that it ends cleanly. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, lockstep, root } from '../../cli/cli.ts';
import { golden } from '../timeline/support.ts';
import { bodiesOf, framed } from './toy-gdb.ts';

interface Served {
  readonly child: ChildProcess;
  /** Exit code and signal. */
  readonly ended: Promise<unknown[]>;
  readonly port: number;
  /** What is on standard output and standard error once the server is there. */
  readonly stdout: string;
  readonly stderr: string;
}

async function debug(...args: string[]): Promise<Served> {
  const env = { ...process.env, XDG_STATE_HOME: folder, NO_COLOR: '1' };
  const child = spawn(process.execPath, [join(root, 'bin/dev.js'), 'debug', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  while (!/target remote 127\.0\.0\.1:\d+'\n/.test(stdout)) {
    if (child.exitCode !== null) throw new Error(`ended early: ${stderr}`);
    await Promise.race([once(child.stdout!, 'data'), ended]);
  }
  return { child, ended, port: Number(/127\.0\.0\.1:(\d+)/.exec(stdout)![1]), stdout, stderr };
}

/** Sends packets on one connection; the bodies of the answers, acknowledgements left out. */
async function ask(port: number, bodies: readonly string[]): Promise<string[]> {
  const socket = connect(port, '127.0.0.1');
  const bytes: number[] = [];
  socket.on('data', (part: Buffer) => bytes.push(...part));
  const answers: string[] = [];
  for (const body of bodies) {
    const before = answers.length;
    socket.write(framed(body));
    while (answers.length === before || answers.at(-1)!.startsWith('O4')) {
      await once(socket, 'data');
      answers.splice(0, answers.length, ...bodiesOf(bytes));
    }
  }
  socket.destroy();
  return answers;
}

test('says how to attach, serves from the tick asked for, and ends with 0 when the debugger detaches', async () => {
  const { ended, port, stdout, stderr } = await debug(golden('race'), '--port', '0', '--at', '300000');
  expect(stdout).toMatch(/^gdb-multiarch \S+race\.elf -ex 'target remote 127\.0\.0\.1:\d+'\n$/);
  expect(stderr).toContain(`gdb server at 127.0.0.1:${port}`);
  const [text, ...rest] = await ask(port, [`qRcmd,${Buffer.from('when-ticks').toString('hex')}`, 'D']);
  expect(Buffer.from(text!.slice(1), 'hex').toString()).toBe('Current tick: 300000\n');
  expect(rest).toEqual(['OK', 'OK']);
  expect(await ended).toEqual([0, null]);
});

test('ends with 0 at Ctrl-C', async () => {
  const { child, ended } = await debug(golden('hello'), '--at', 'event:1');
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
});

test('what it cannot do it says', async () => {
  const [noEvent, noTick, noFile] = await Promise.all([
    lockstep('debug', golden('hello'), '--port', '0', '--at', 'event:99'),
    lockstep('debug', golden('hello'), '--port', '0', '--at', '1000000'),
    lockstep('debug', 'nothing.lks', '--port', '0'),
  ]);
  expect(noEvent).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/the recording has \d+ events, no event 99/),
  });
  expect(noTick).toMatchObject({ status: 2, stderr: expect.stringContaining('the recording ends at tick 571') });
  expect(noFile.status).toBe(2);
});

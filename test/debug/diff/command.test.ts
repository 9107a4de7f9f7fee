/** `lockstep diff` as its user sees it: output, exit codes, mistakes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { folder, lockstep, root, sample } from '../../cli/cli.ts';

/** A guard against hanging. */
const HOOK_MS = 120_000;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  for (const name of ['one', 'two']) {
    await lockstep(
      'record',
      '--kernel',
      sample('race'),
      '--memory',
      '16',
      '--console',
      'none',
      '-o',
      at(`${name}.lks`),
    );
  }
}, HOOK_MS);

test('two live recordings: the report goes from the first difference to what is seen of it', async () => {
  const { status, stdout } = await lockstep('diff', at('one.lks'), at('two.lks'));
  expect(status).toBe(1);
  for (const part of [
    /first difference: a different machine, at tick 0/,
    /what is drawn at power on differs: epoch, rngSeed/,
    /first input that differs: tick 0/,
    /code sees it: tick [\d,]+, made by 0x8[0-9a-f]+ \w+/,
    /the step reads 8 bytes at 0x200bff8, the clint/,
    /control flow: the sides part at tick [\d,]+/,
    /functions from there on/,
    /from the first difference to what is seen of it/,
  ]) {
    expect(stdout).toMatch(part);
  }
});

test('as JSON, complete', async () => {
  const { status, stdout } = await lockstep('diff', at('one.lks'), at('two.lks'), '--json');
  expect(status).toBe(1);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    verdict: { kind: 'machine', tick: 0, exact: true },
    machine: [{ field: 'epoch' }, { field: 'rngSeed' }],
    inputs: { tick: 0, a: { kind: 'clock' }, b: { kind: 'clock' } },
    events: [],
    consequences: { registers: { first: true }, ends: { a: { why: 'the guest has stopped' } } },
  });
  const { registers, flow } = report.consequences;
  expect(flow.tick).toBeGreaterThanOrEqual(registers.tick);
  expect(report.path.map((step: { readonly what: string }) => step.what).slice(0, 3)).toEqual([
    'machine',
    'input',
    'registers',
  ]);
});

test('a recording and itself, and its replay: no difference, exit code 0', async () => {
  for (const args of [[at('one.lks'), at('one.lks')], [at('one.lks')], [at('one.lks'), '--engine-b', 'interpreter']]) {
    const ran = await lockstep('diff', ...args);
    expect(ran, args.join(' ')).toMatchObject({ status: 0, stdout: expect.stringContaining('no difference') });
  }
});

test('a replay with a flipped bit: the tick, the register, what came of it', async () => {
  const ran = await lockstep('diff', at('one.lks'), '--inject-fault-b', '1234567');
  expect(ran.status).toBe(1);
  expect(ran.stdout).toMatch(/the same inputs, a different state, at tick 1,234,567/);
  expect(ran.stdout).toMatch(/mscratch {2}0{16} {2}0{15}1/);
});

test('another kernel: the image, and where code goes another way', async () => {
  const ran = await lockstep('diff', at('one.lks'), '--kernel-b', sample('hello'), '--follow-ticks', '2000000');
  expect(ran.status).toBe(1);
  expect(ran.stdout).toMatch(/the machines differ: the kernel/);
  expect(ran.stdout).toMatch(/by function: 62 alike one after the other, then/);
  expect(ran.stdout).toMatch(/hello\.elf, \d+ bytes, SHA-256/);
  expect(ran.stdout).toMatch(/B +[\d,]+ {2}hello from the guest/);
});

test('a recording with checkpoints and a branch of it that went on live: alike up to there', async () => {
  const race = ['--kernel', sample('race'), '--memory', '16', '--console', 'none'];
  await lockstep('record', ...race, '--checkpoint-every', '1000000', '-o', at('trunk.lks'));
  const live = ['--until', '5000000', '--live', '--console', 'none', '-o', at('branch.lks')];
  await lockstep('replay', at('trunk.lks'), ...live);
  const { stdout } = await lockstep('diff', at('trunk.lks'), at('branch.lks'), '--json');
  const { verdict, machine, moments } = JSON.parse(stdout);
  expect(machine).toEqual([]);
  expect(verdict).toMatchObject({ kind: 'input', exact: true, after: verdict.tick });
  expect(verdict.tick).toBeGreaterThanOrEqual(5_000_000);
  expect([moments.a.tick, moments.b.tick]).toEqual([verdict.tick + 1, verdict.tick + 1]);
});

test('--follow serves a debugger on each side, until both have gone', async () => {
  const args = [join(root, 'bin/dev.js'), 'diff', at('one.lks'), at('two.lks'), '--follow'];
  const child = spawn(process.execPath, args, { env: { ...process.env, XDG_STATE_HOME: folder, NO_COLOR: '1' } });
  let said = '';
  const hear = (text: Buffer): void => {
    said += text.toString();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = once(child, 'close');
  const ports = (): string[] => [...said.matchAll(/target remote 127\.0\.0\.1:(\d+)/g)].map((found) => found[1]!);
  while (ports().length < 2) {
    await Promise.race([once(child.stdout, 'data'), ended]);
    if (child.exitCode !== null) break;
  }
  for (const port of ports()) {
    const socket = connect(Number(port), '127.0.0.1');
    // Detach.
    socket.write('+$D#44');
    socket.resume();
    await once(socket, 'close');
  }
  expect((await ended)[0], said).toBe(1);
});

test.each([
  ['a recording that is not there', ['none.lks'], 2, /none\.lks/],
  ['a second server for a replay', [at('one.lks'), '--follow'], 2, /--follow opens two recordings/],
] as const)('%s is told in one line', async (_, args, status, says) => {
  const ran = await lockstep('diff', ...args);
  expect(ran).toMatchObject({ status, stdout: '', stderr: expect.stringMatching(says) });
  expect(ran.stderr).not.toContain('    at ');
});

/** `lockstep bisect` over a recording, as its user sees it, held against the recording gone through step by step. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { folder, lockstep } from '../../cli/cli.ts';
import { golden, PlainReplay } from '../timeline/support.ts';

const race = golden('race');
const END = 150_000n;
/** A guard against hanging. */
const HOOK_MS = 120_000;
/** Of race.elf, as its symbol table has it. */
let counterAt: bigint;
/** pc and `counter` after each of the first steps. */
const pcs: bigint[] = [];
const counts: bigint[] = [];

async function bisect(...args: string[]) {
  const ran = await lockstep('bisect', race, '--json', ...args);
  return { ...ran, found: ran.stdout === '' ? undefined : JSON.parse(ran.stdout) };
}

beforeAll(async () => {
  const text = (await lockstep('inspect', race, '--at', 'start', '--memory', 'counter,8', '--json')).stdout;
  counterAt = BigInt(JSON.parse(text).memory.address);
  const plain = new PlainReplay(race);
  for (let at = 0n; at <= END; at++) {
    plain.to(at);
    pcs.push(plain.board.pc);
    counts.push(new DataView(plain.board.ram.read(counterAt, 8).buffer).getBigUint64(0, true));
  }
}, HOOK_MS);

test('a memory predicate that stays true is found by halving at its first tick', async () => {
  const { found, status } = await bisect('--when', 'u64[counter] >= 40', '--to', `${END}`);
  expect(status).toBe(0);
  expect(found).toMatchObject({ how: 'halving', tick: counts.findIndex((count) => count >= 40n) });
  expect(found.before.symbol).toMatch(/^count_one/);
  expect(found.made).toEqual([`writes 8 bytes at 0x${counterAt.toString(16)}`]);
});

test('one that comes and goes is found by scanning every tick', async () => {
  const { found } = await bisect('--when', 'pc == unit_of_work', '--from', '5000', '--to', `${END}`);
  const { pc } = found.at;
  expect(found).toMatchObject({ how: 'scan', tick: pcs.indexOf(BigInt(pc), 5000), at: { symbol: 'unit_of_work' } });
});

test('and in strides, when it lasts', async () => {
  const { found } = await bisect('--when', 'u64[counter] == 50', '--scan', '--every', '1500', '--to', `${END}`);
  expect(found.tick).toBe(counts.indexOf(50n));
});

test('what the console says is known to the tick at which its last character left', async () => {
  const { found } = await bisect('--when', 'console(/4000 units of work/)');
  expect(found.before.symbol).toMatch(/^uart_put/);
  expect(found.made).toEqual(['writes 1 bytes at 0x10000000, the uart']);
});

test('a command is asked with the guest on its standard input', async () => {
  const script = join(folder, 'ask.sh');
  // The tick in the environment is that of the inspection.
  writeFileSync(script, '#!/bin/sh\ngrep -q "\\"tick\\":$LOCKSTEP_TICK," || exit 7\n[ "$LOCKSTEP_TICK" -ge 4321 ]\n');
  chmodSync(script, 0o755);
  const { found, status } = await bisect('--when', `cmd:${script}`, '--to', '9000');
  expect(status).toBe(0);
  expect(found).toMatchObject({ how: 'halving', tick: 4321 });
  expect(readFileSync(script, 'utf8')).toContain('LOCKSTEP_TICK');
});

test('what never holds is exit code 1, and mistakes are told in one line', async () => {
  const never = await lockstep('bisect', race, '--when', 'tick == 5 && a0 == 12345', '--to', '100');
  expect(never).toMatchObject({ status: 1, stdout: expect.stringContaining('does not hold') });
  for (const [args, says] of [
    [['--when', 'u64[conter] > 1'], /column 5.*counter/],
    [['--when', 'cmd:exit 3'], /status 3/],
  ] as const) {
    const ran = await lockstep('bisect', race, ...args);
    expect(ran).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(says) });
    expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1);
  }
});

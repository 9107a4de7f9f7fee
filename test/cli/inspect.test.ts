/** `inspect`, `trace` and `log ps` from the outside. */

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAddress, parseMoment } from '../../src/cli/inspect-session.ts';
import { SymbolTable } from '../../src/debug/guest/symbols.ts';
import { tick } from '../../src/lib/brands.ts';
import { folder, lockstep, root } from './cli.ts';

const golden = (name: string): string => join(root, 'test/golden/0.1.0', `${name}.lks`);
const MAP = join(folder, 'System.map');
writeFileSync(MAP, '0000000080000000 T begin_here\n0000000080000400 D elsewhere\n');

describe('inspect', () => {
  it('shows where a recording ended, with places named', async () => {
    const { status, stdout } = await lockstep('inspect', golden('hello'));
    expect(status).toBe(0);
    expect(stdout).toContain('stopped (finisher) with code 0');
    expect(stdout).toMatch(/^M-mode, pc 0x[0-9a-f]+ finish\+0x[0-9a-f]+$/m);
    expect(stdout).toMatch(/^> 0x[0-9a-f]+ .*/m);
  });

  it('shows a moment, an address and memory, and all of it as JSON', async () => {
    const asked = ['--at', '100', '--walk', 'main', '--memory', 'main+2,4', '--symbols', MAP];
    const text = await lockstep('inspect', golden('hello'), ...asked);
    expect(text.stdout).toMatch(/^tick 100 of /);
    expect(text.stdout).toContain('\nPAGE WALK\n');
    expect(text.stdout).toContain('\nMEMORY\n');
    const { status, stdout } = await lockstep('inspect', golden('hello'), ...asked, '--json');
    const seen = JSON.parse(stdout) as Record<string, unknown>;
    expect(status).toBe(0);
    expect(seen).toMatchObject({ tick: 100, privilege: 'M', walk: { mode: 'none' }, memory: { length: 4 } });
    expect((seen.memory as { bytes: string }).bytes).toHaveLength(8);
    expect(Object.keys(seen.csrs as object)).toContain('mcycle');
    expect((seen.csrs as Record<string, { value: string }>).mcycle!.value).toBe('0x64');
  });

  const wrong: readonly (readonly [what: string, args: readonly string[], says: RegExp])[] = [
    ['a tick after the end', ['--at', '99999999'], /ends at tick \d+, before --at 99999999/],
    ['a name that is none', ['--walk', 'nowhere'], /--walk nowhere is no address/],
    ['symbols in a file without any', ['--symbols', join(root, 'package.json')], /no symbols in/],
  ];
  it.each(wrong)('refuses %s', async (_, args, says) => {
    const { status, stdout, stderr } = await lockstep('inspect', golden('hello'), ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

it('takes addresses as numbers and as names, ticks as words too', () => {
  const symbols = SymbolTable.ofSystemMap('0000000080000000 T begin\n');
  const at = (text: string): bigint => parseAddress('--walk', text, symbols);
  expect(['0x10', '16', 'begin', 'begin+0x10', 'begin+4'].map(at)).toEqual([
    16n,
    16n,
    0x8000_0000n,
    0x8000_0010n,
    0x8000_0004n,
  ]);
  for (const text of ['', 'other', '-1', '0x', 'begin+', 'begin+x', '0x10000000000000000']) {
    expect(() => at(text)).toThrow(`--walk ${text} is no address`);
  }
  const moment = (text: string): bigint => parseMoment('--at', text, { start: tick(0), end: tick(5000) });
  expect(['start', 'end', '5,000'].map(moment)).toEqual([0n, 5000n, 5000n]);
  expect(() => moment('5001')).toThrow('ends at tick 5000');
  expect(() => moment('noon')).toThrow('--at noon');
});

describe('trace', () => {
  it('prints the last instructions when nothing else is asked for', async () => {
    const { status, stdout } = await lockstep('trace', golden('hello'));
    const lines = stdout.trimEnd().split('\n');
    expect([status, lines.length]).toEqual([0, 100]);
    expect(lines.at(-1)).toMatch(/^\d+ M 0000000080[0-9a-f]{6} +[0-9a-f]+ +finish\+\S+ .* w4\[100000\]=5555$/);
  });

  it('prints a stretch as one JSON object a line', async () => {
    const { status, stdout } = await lockstep('trace', golden('race'), '--from', '5000', '--to', '9000', '--json');
    const steps = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { tick: number; pc: string });
    expect(status).toBe(0);
    expect(steps.map(({ tick }) => tick)).toEqual(Array.from({ length: 4000 }, (_, i) => 5000 + i));
  });

  it('ends quietly when its reader has gone', async () => {
    const command = [join(root, 'bin/dev.js'), 'trace', golden('race'), '--from', 'start', '--to', 'end'];
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdout.destroy();
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect({ status, said }).toEqual({ status: 0, said: '' });
  });

  it('refuses a stretch that ends before it begins', async () => {
    const { status, stderr } = await lockstep('trace', golden('hello'), '--from', '9', '--to', '5');
    expect(status).toBe(2);
    expect(stderr).toContain('--from 9 is after --to 5');
  });
});

it('log ps refuses a guest that is no Linux', async () => {
  const { status, stdout, stderr } = await lockstep('log', 'ps', golden('hello'));
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/the kernel of \S+hello\.lks is not a Linux/);
});

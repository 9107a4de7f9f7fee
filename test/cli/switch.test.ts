/** `lockstep switch` from the outside: its words, its refusals, its end. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSwitch, type SwitchWords } from '../../src/cli/switch-specs.ts';
import { makeKey, readKey } from '../../src/host/ft/key.ts';
import { folder, lockstep, root } from './cli.ts';

const words = (given: Partial<SwitchWords>) => parseSwitch({ age: 300, plaintext: false, ...given }, '/base');

describe('the words', () => {
  it('become a plan, with paths from where the command was given', () => {
    const plan = words({
      listen: ['unix:lan.sock', 'tcp:[::1]:0'],
      connect: ['tcp:localhost:9000'],
      vxlan: ['4789,vni=5,remote=127.0.0.1:4790,remote=[::1]:4791', '127.0.0.2:0,vni=0'],
      status: 'unix:/run/status.sock',
    });
    expect(plan).toEqual({
      listen: [
        { kind: 'unix', path: '/base/lan.sock' },
        { kind: 'tcp', host: '::1', port: 0 },
      ],
      connect: [{ kind: 'tcp', host: 'localhost', port: 9000 }],
      vxlan: [
        {
          port: 4789,
          vni: 5,
          remotes: [
            { host: '127.0.0.1', port: 4790 },
            { host: '::1', port: 4791 },
          ],
        },
        { bind: '127.0.0.2', port: 0, vni: 0, remotes: [] },
      ],
      status: { kind: 'unix', path: '/run/status.sock' },
      ageMs: 300_000,
    });
  });

  it.each([
    '4789',
    '4789,vni=',
    '4789,vni=16777216',
    '4789,vni=5,vni=6',
    '4789,vni=5,remote=10.0.0.1',
    'x,vni=5',
    '70000,vni=5',
  ])('--vxlan %s is refused with an example', (text) => {
    expect(() => words({ vxlan: [text] })).toThrow(/is not understood; give .*4789,vni=5/);
  });

  it.each([
    { vxlan: ['4789,vni=5,remote=10.9.0.2:4789'] },
    { vxlan: ['0.0.0.0:4789,vni=5'] },
    { listen: ['unix:a'], status: 'tcp:10.9.0.2:9001' },
  ])('what cannot be encrypted needs --plaintext where others could read it, with a key too: %j', (given) => {
    const key = join(folder, `${JSON.stringify(given).length}.key`);
    makeKey(key);
    expect(() => words(given)).toThrow(/not on the loopback.*--plaintext/);
    expect(() => words({ ...given, key })).toThrow(/not on the loopback.*--plaintext/);
    expect(words({ ...given, key, plaintext: true })).toMatchObject({ ageMs: 300_000, key: readKey(key) });
  });

  it.each([{ listen: ['tcp:0.0.0.0:9000'] }, { connect: ['tcp:10.9.0.2:9000'] }, { connect: ['tcp:somewhere:9000'] }])(
    'an uplink that others could read needs a key or --plaintext: %j',
    (given) => {
      const key = join(folder, `${JSON.stringify(given).length}-uplink.key`);
      makeKey(key);
      expect(() => words(given)).toThrow(/not on this host's loopback.*lockstep ft keygen.*--plaintext/);
      expect(words({ ...given, plaintext: true })).not.toHaveProperty('key');
      expect(words({ ...given, key })).toMatchObject({ key: readKey(key) });
    },
  );
});

describe('the command', () => {
  it('without ports is refused with the remedy', async () => {
    const ran = await lockstep('switch');
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr).toContain('give --listen unix:PATH');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'runs until %s, with exit code 0 and the final state as JSON',
    async (signal) => {
      const path = join(folder, `lan-${signal}.sock`);
      const args = ['switch', '--listen', `unix:${path}`, '--json'];
      const child = spawn(process.execPath, [join(root, 'bin/dev.js'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      const closed = once(child, 'close');
      while (!stderr.includes('switch: ready')) await once(child.stderr, 'data');
      child.kill('SIGUSR1');
      while (!stderr.includes('moves of addresses')) await once(child.stderr, 'data');
      child.kill(signal);
      expect(await closed).toEqual([0, null]);
      expect(JSON.parse(stdout)).toEqual({ ports: [], addresses: [], moves: 0 });
      expect(existsSync(path)).toBe(false);
    },
  );
});

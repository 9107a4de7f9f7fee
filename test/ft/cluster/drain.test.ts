/** What is asked of whom when a host is emptied: hosts in one registry, with agents that answer as each test says. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cluster } from '../../../src/ft/cluster/cluster.ts';
import { ledgerOf } from '../../../src/ft/cluster/ledgers.ts';
import { hostKey, type PairReport } from '../../../src/ft/cluster/records.ts';
import type { Registry } from '../../../src/ft/cluster/registry.ts';
import type { AgentAnswer, AgentRequest } from '../../../src/host/cluster/agent-messages.ts';
import { type Drained, drainHost, undrainHost } from '../../../src/host/cluster/drain.ts';
import { openRegistry } from '../../../src/host/cluster/registry-of.ts';
import { FakePair, fakeHost } from './fake-host.ts';

const DONE: AgentAnswer = { kind: 'done' };

let folder: string;
let registry: Registry;
let cluster: Cluster;
let pair: FakePair;
const closers: (() => unknown)[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-drain-'));
  mkdirSync(join(folder, 'cluster'));
  registry = await openRegistry(`dir:${join(folder, 'cluster')}`);
  cluster = new Cluster(registry);
  pair = new FakePair(registry);
});
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await registry.close();
  rmSync(folder, { recursive: true });
});

async function host(name: string, answer?: (request: AgentRequest) => AgentAnswer): Promise<readonly string[]> {
  const made = await fakeHost(registry, name, answer);
  closers.push(() => made.silence());
  return made.asked;
}

const says = (words: Partial<PairReport>): Promise<void> => pair.says(words);

const drained = async (): Promise<Drained> => drainHost(cluster, 'a', undefined, { moved: () => {} });

test('a guest that lives there goes to its backup, and what it leaves behind is ended', async () => {
  const asked = await host('a', ({ kind }) => {
    if (kind === 'handOver') void says({ primary: 'b', epoch: 2, backup: 'c' });
    return DONE;
  });
  await host('b');
  await host('c');
  await says({ backup: 'b' });
  expect(await drained()).toEqual({ host: 'a', moved: [{ pair: 'web', role: 'primary', to: 'b' }], stays: [] });
  expect(asked).toEqual(['handOver', 'leave']);
  expect((await cluster.walk(ledgerOf('a'))).draining).toBe(true);
  await undrainHost(cluster, 'a');
  expect((await cluster.walk(ledgerOf('a'))).draining).toBe(false);
});

test('a backup that is being made is waited for, and a switch that is called off is tried again', async () => {
  let attempts = 0;
  const asked = await host('a', ({ kind }) => {
    if (kind !== 'handOver') return DONE;
    if (++attempts === 1) return { kind: 'refused', reason: 'the guest does not come to rest' };
    void says({ primary: 'b', epoch: 2, backup: 'c' });
    return DONE;
  });
  await host('b');
  await host('c');
  await says({ state: 'copying' });
  const result = drained();
  setTimeout(() => void says({ backup: 'b' }), 1500);
  expect((await result).moved).toEqual([{ pair: 'web', role: 'primary', to: 'b' }]);
  expect(asked).toEqual(['handOver', 'handOver', 'leave']);
});

test('a backup there is made anew elsewhere', async () => {
  const asked = await host('b', () => {
    void says({ primary: 'a', backup: 'c' });
    return DONE;
  });
  await host('a');
  await host('c');
  await says({ primary: 'a', backup: 'b' });
  const result = await drainHost(cluster, 'b', undefined, { moved: () => {} });
  expect(result).toEqual({ host: 'b', moved: [{ pair: 'web', role: 'backup', to: 'c' }], stays: [] });
  expect(asked).toEqual(['leave']);
});

test('a backup there that takes over before it is let go is moved as the guest that it is then', async () => {
  const asked = await host('b', ({ kind }) => {
    if (asked.length === 1) void says({ primary: 'b', epoch: 2, backup: 'c' });
    else if (kind === 'handOver') void says({ primary: 'c', epoch: 3, backup: 'a' });
    return DONE;
  });
  await host('a');
  await host('c');
  await says({ primary: 'a', backup: 'b' });
  const result = await drainHost(cluster, 'b', undefined, { moved: () => {} });
  expect(result).toEqual({ host: 'b', moved: [{ pair: 'web', role: 'primary', to: 'c' }], stays: [] });
  expect(asked).toEqual(['leave', 'handOver', 'leave']);
});

const STAYS: readonly [string, readonly string[], Partial<PairReport>, string][] = [
  ['no third host has room for the next backup', [], { backup: 'b' }, 'no third host can take one: b: the other side'],
  ['both sides are on the host', ['c'], { backup: 'a' }, 'its backup is on this host too'],
];

test.each(STAYS)('the guest stays when %s', async (_n, more, words, reason) => {
  const asked = await host('a');
  await host('b');
  for (const name of more) await host(name);
  await says(words);
  const { moved, stays } = await drained();
  expect(moved).toEqual([]);
  expect(stays).toMatchObject([{ pair: 'web', role: 'primary', reason: expect.stringContaining(reason) }]);
  expect(asked).toEqual([]);
});

test('the guest stays when it is alone and there is no other host', async () => {
  const asked = await host('a');
  await says({ state: 'alone' });
  const reason = expect.stringContaining('it has no backup, and no other host can take one');
  expect((await drained()).stays).toMatchObject([{ pair: 'web', role: 'primary', reason }]);
  expect(asked).toEqual([]);
});

test('the guest stays when the agent there cannot be asked', async () => {
  await host('a');
  await host('b');
  await host('c');
  await says({ backup: 'b' });
  closers.shift()!();
  const reason = expect.stringContaining('does not answer');
  expect((await drained()).stays).toMatchObject([{ pair: 'web', role: 'primary', reason }]);
});

test('a host whose agent wants a key is not marked as draining without one', async () => {
  const agent = 'tcp:192.0.2.1:7000';
  const report = { name: 'far', agent, version: '1', cpus: 4, load: 0, ramBytes: 2 ** 30, freeBytes: 2 ** 30 };
  await registry.lease(hostKey('far'), JSON.stringify(report));
  const refused = drainHost(cluster, 'far', undefined, { moved: () => {} });
  await expect(refused).rejects.toMatchObject({ code: 'no-key' });
  expect(await cluster.walk(ledgerOf('far'))).toMatchObject({ draining: false });
});

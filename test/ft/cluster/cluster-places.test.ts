/** How often hosts are asked for places that refuse them, or whose places fail. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Cluster } from '../../../src/ft/cluster/cluster.ts';
import { ledgerOf, settled } from '../../../src/ft/cluster/ledgers.ts';
import type { Registry } from '../../../src/ft/cluster/registry.ts';
import type { AgentAnswer } from '../../../src/host/cluster/agent-messages.ts';
import { ClusterPlaces } from '../../../src/host/cluster/cluster-places.ts';
import { openRegistry } from '../../../src/host/cluster/registry-of.ts';
import { type FakeHost, fakeHost } from './fake-host.ts';

const BACK_OFF_MS = 10_000;
const NEED = { memoryBytes: 16 << 20 };
const PLACE: AgentAnswer = { kind: 'listening', endpoint: { host: '127.0.0.1', port: 1 } };

let folder: string;
let registry: Registry;
let places: ClusterPlaces;
let notices: string[];
let laterMs: number;
const hosts: FakeHost[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-places-'));
  mkdirSync(join(folder, 'cluster'));
  registry = await openRegistry(`dir:${join(folder, 'cluster')}`);
  notices = [];
  const needs = { pair: 'web', host: 'a', version: '1', arbiter: 'file:/x', tuning: {}, key: undefined };
  places = new ClusterPlaces(new Cluster(registry), needs, (text) => notices.push(text));
  laterMs = 0;
  // Time stands still but for what a test lets pass, so that a slow machine does not let it pass.
  const now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => now + laterMs);
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const host of hosts.splice(0)) host.silence();
  await registry.close();
  rmSync(folder, { recursive: true });
});

async function host(name: string, answer: () => AgentAnswer): Promise<() => number> {
  const made = await fakeHost(registry, name, ({ kind }) => (kind === 'start' ? answer() : { kind: 'done' }));
  hosts.push(made);
  return () => made.asked.filter((kind) => kind === 'start').length;
}

test('an agent that refuses is not asked again for ten seconds, and the reason is told once', async () => {
  const asked = await host('b', () => ({ kind: 'refused', reason: 'it has another protocol' }));
  for (let i = 0; i < 5; i++) expect(await places.next(NEED)).toBeUndefined();
  expect(asked()).toBe(1);
  expect(notices).toEqual(['no host can take a backup: b: it has another protocol']);
  laterMs = BACK_OFF_MS + 1;
  await new Cluster(registry).walk(settled('b', [], await promised(), false));
  expect(await places.next(NEED)).toBeUndefined();
  expect(asked()).toBe(2);
  expect(notices).toHaveLength(1);
});

test('a place that refuses the guest costs its host ten seconds; one that is lost is had again at once', async () => {
  const asked = await host('b', () => PLACE);
  const lost = await places.next(NEED);
  lost!.failed(false);
  await expect.poll(() => hosts[0]!.asked).toContain('end');
  await new Cluster(registry).walk(settled('b', [], await promised(), false));
  const refused = await places.next(NEED);
  expect(asked()).toBe(2);
  refused!.failed(true);
  await new Cluster(registry).walk(settled('b', [], await promised(), false));
  expect(await places.next(NEED)).toBeUndefined();
  expect(asked()).toBe(2);
  const elsewhere = await host('c', () => PLACE);
  expect(await places.next(NEED)).toBeDefined();
  expect([asked(), elsewhere()]).toEqual([2, 1]);
});

/** What a real agent would take back by itself. */
async function promised(): Promise<ReadonlySet<string>> {
  const { reservations } = await new Cluster(registry).walk(ledgerOf('b'));
  return new Set(reservations.map(({ id }) => id));
}

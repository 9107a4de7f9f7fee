/** A host's agent on loopback: who may ask it, what it starts, what it finds again, and what survivors get from it. */
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Cluster } from '../../../src/ft/cluster/cluster.ts';
import { ledgerOf, reserved } from '../../../src/ft/cluster/ledgers.ts';
import type { PlaceRequest } from '../../../src/ft/cluster/placement.ts';
import { hostKey, versionText } from '../../../src/ft/cluster/records.ts';
import { Agent } from '../../../src/host/cluster/agent.ts';
import { askAgent } from '../../../src/host/cluster/agent-door.ts';
import { openRegistry } from '../../../src/host/cluster/registry-of.ts';
import { endpointText } from '../../../src/host/ft/endpoint.ts';
import { makeKey, pairKey, readKey } from '../../../src/host/ft/key.ts';
import { namedGuest } from '../../../src/host/ft/nodes.ts';
import {
  joinCluster,
  pairUp,
  protectAgain,
  protectedAnywhere,
  unprotectPair,
} from '../../../src/host/ft/protection.ts';
import { packageVersion } from '../../../src/host/package-files.ts';
import { TappedLine } from '../../host/tapped-line.ts';
import { countOf, eachWorld, joined, sample } from '../host/sides.ts';

const world = eachWorld();
const right = pairKey(new Uint8Array(32).fill(1));
const wrong = pairKey(new Uint8Array(32).fill(2));
const MB = 2 ** 20;
const GB = 2 ** 30;
const ASK_MS = 60_000;
const patient = { timeout: 120_000, interval: 100 };

const agents = new Set<Agent>();
/** Agents first: a guest that lives in a place would ask for the next one. */
afterEach(async () => {
  for (const agent of agents) await agent.end();
  const places = [...agents].flatMap((agent) => agent.places);
  for (const place of places) place.kill();
  await expect.poll(() => places.some(({ isAlive }) => isAlive), patient).toBe(false);
  agents.clear();
});

const registry = (): string => `dir:${world.path('cluster')}`;

async function agent(key = right, version = 'test'): Promise<Agent> {
  mkdirSync(world.path('cluster'), { recursive: true });
  Object.assign(process.env, world.env);
  const listen = { host: '127.0.0.1', port: 0 };
  const options = { registry: registry(), listen, key, ramBytes: 4 * GB, version };
  const made = await Agent.begin(options, await openRegistry(registry()), () => {});
  agents.add(made);
  return made;
}

async function cluster(): Promise<Cluster> {
  return new Cluster(await openRegistry(registry()));
}

const request = (pair: string): PlaceRequest => ({
  pair,
  from: 'elsewhere',
  bytes: 200 * MB,
  version: versionText('test'),
  failed: new Set(),
});

const start = (reservation: string) => ({
  kind: 'start' as const,
  reservation,
  pair: 'pair',
  arbiter: world.arbiter,
  tuning: { sameHost: true },
});

test('a registry that is emptied while an agent runs has its host again, draining if it was', async () => {
  const { name } = await agent();
  const seen = await cluster();
  const left = async (): Promise<boolean> => {
    await seen.drain(name, true);
    // Until the agent has looked, which nothing tells; where that was too short it is done again.
    await new Promise((done) => setTimeout(done, 2500));
    for (const what of ['leases', 'records'])
      for (const file of readdirSync(world.path(`cluster/${what}`))) rmSync(world.path(`cluster/${what}/${file}`));
    await expect.poll(() => seen.walk(ledgerOf(name)), patient).toMatchObject({ enrolled: true });
    return (await seen.walk(ledgerOf(name))).draining;
  };
  await expect.poll(left, patient).toBe(true);
  const heard = async (): Promise<boolean> => (await seen.view()).hosts.some(({ report }) => report?.name === name);
  await expect.poll(heard, patient).toBe(true);
  await seen.registry.close();
});

test('only who holds the key is answered; what is asked in other words is refused', async () => {
  const { endpoint } = await agent();
  expect(await askAgent(endpoint, right, { kind: 'places' }, ASK_MS)).toEqual({ kind: 'places', places: [] });
  await expect(askAgent(endpoint, wrong, { kind: 'places' }, ASK_MS)).rejects.toMatchObject({
    code: 'no-agent',
    what: expect.stringMatching(/does not answer: the other side does not hold the same key$/),
  });
  await expect(askAgent(endpoint, undefined, { kind: 'places' }, 1000)).rejects.toMatchObject({ code: 'no-agent' });
  // Who knows the channel's key alone is a stranger here.
  const channelOnly = { ...right, agent: wrong.agent };
  await expect(askAgent(endpoint, channelOnly, { kind: 'places' }, ASK_MS)).rejects.toMatchObject({ code: 'no-agent' });
  const plain = connect(endpoint.port, endpoint.host);
  plain.on('error', () => {});
  plain.write('{"kind":"places"}\n'.repeat(20));
  await once(plain, 'close');
  const odd = await askAgent(endpoint, right, { kind: 'dance' } as never, ASK_MS);
  expect(odd).toMatchObject({ kind: 'refused' });
});

test('who listens on the way to an agent hears nothing of what it is asked', async () => {
  const { endpoint } = await agent();
  const line = await TappedLine.to(endpoint.port);
  const ask = { kind: 'handOver', pair: 'a pair that nobody is to know' } as const;
  await askAgent({ ...endpoint, port: line.port }, right, ask, ASK_MS);
  line.close();
  expect(line.heardBytes).toBeGreaterThan(200);
  expect(line.heard(ask.pair) || line.heard(ask.kind)).toBe(false);
});

test('an address that others cannot use, and one without a key, are refused', async () => {
  mkdirSync(world.path('cluster'));
  const begin = async (host: string, key?: typeof right) =>
    Agent.begin(
      { registry: registry(), listen: { host, port: 0 }, key, version: 'test' },
      await openRegistry(registry()),
      () => {},
    );
  await expect(begin('0.0.0.0', right)).rejects.toMatchObject({ code: 'bad-value' });
  await expect(begin('10.1.2.3')).rejects.toMatchObject({ code: 'no-key' });
  await expect(openRegistry(`dir:${world.path('absent')}`)).rejects.toMatchObject({ code: 'no-registry' });
});

test('a host has one agent: the second is told who is there, and one that was killed is forgotten', async () => {
  const first = await agent();
  const there = `process ${process.pid}, at ${endpointText(first.endpoint)}`;
  await expect(agent()).rejects.toMatchObject({ code: 'two-agents', what: expect.stringContaining(there) });
  await expect(agent(wrong)).rejects.toMatchObject({ code: 'two-agents', what: expect.stringContaining('this key') });
  expect(await askAgent(first.endpoint, right, { kind: 'places' }, ASK_MS)).toEqual({ kind: 'places', places: [] });
  await first.end();
  agents.delete(first);
  // What one that was killed leaves in the registry.
  const left = await openRegistry(registry());
  const report = { name: first.name, version: '1', cpus: 1, load: 0, ramBytes: 1, freeBytes: 1 };
  await left.lease(hostKey(first.name), JSON.stringify({ ...report, agent: endpointText(first.endpoint) }));
  await agent();
  await left.close();
});

test('a place is started where it is promised, outlives its agent, is found again, ends and is freed', async () => {
  const first = await agent();
  const seen = await cluster();
  const ask = (id: string, at = first.endpoint) => askAgent(at, right, start(id), ASK_MS);
  expect(await ask('nobody')).toMatchObject({ kind: 'refused', reason: expect.stringContaining('promised') });
  expect(
    await seen.walk(reserved(first.name, request('pair'), { id: 'r1', pair: 'pair', bytes: 200 * MB })),
  ).toBeUndefined();
  const answer = await ask('r1');
  expect(answer).toMatchObject({ kind: 'listening' });
  // An answer that was lost is given again, and no second process is started.
  expect(await ask('r1')).toEqual(answer);
  expect(first.places).toHaveLength(1);
  await first.end();
  agents.delete(first);
  const second = await agent();
  expect(second.places.map(({ id }) => id)).toEqual(['r1']);
  expect(await ask('r1', second.endpoint)).toEqual(answer);
  expect((await seen.walk(ledgerOf(second.name))).reservations).toHaveLength(1);
  expect(await askAgent(second.endpoint, right, { kind: 'end', reservation: 'r1' }, ASK_MS)).toEqual({ kind: 'done' });
  await expect.poll(async () => (await seen.walk(ledgerOf(second.name))).reservations, patient).toEqual([]);
  expect(second.places).toEqual([]);
  await seen.registry.close();
});

test('a guest that began alone is protected by the cluster, and again whenever its primary is lost', async () => {
  makeKey(world.path('key'));
  const host = await agent(readKey(world.path('key')));
  const seen = await cluster();
  const protectedIn = (epoch: number) =>
    expect
      .poll(async () => (await seen.view()).pairs[0], patient)
      .toMatchObject({ name: 'pair', state: 'protected', epoch, primary: host.name, backup: host.name });
  const words = { kernel: sample('count'), append: 'every=5', key: world.path('key'), registry: registry() };
  const primary = world.side({ role: 'primary', at: 'none', ...words, detectMs: 5000 });
  await protectedIn(1);
  const heir = host.places[0]!.report;
  primary.kill();
  await primary.ended;
  await protectedIn(2);
  expect(host.places.map(({ id }) => id)).toContain(heir.reservation);
  const next = host.places.find(({ id }) => id !== heir.reservation)!.report;
  const of = (log: string): string => readFileSync(`${log}.out`, 'latin1').replaceAll('\r', '');
  const length = of(heir.log).length;
  await expect.poll(() => of(heir.log).length, patient).toBeGreaterThan(length + 200);
  process.kill(heir.pid, 'SIGKILL');
  await protectedIn(3);
  const all = joined(joined(primary.said, of(heir.log)), of(next.log));
  expect(countOf(all)).toBeGreaterThan(20);
  expect(world.epochs).toEqual(['pair.1', 'pair.2', 'pair.3']);
  await seen.registry.close();
});

test('an agent that ends while it starts a place leaves none that nobody knows of', async () => {
  const host = await agent();
  const seen = await cluster();
  await seen.walk(reserved(host.name, request('pair'), { id: 'r1', pair: 'pair', bytes: 200 * MB }));
  const asked = askAgent(host.endpoint, right, start('r1'), ASK_MS).catch(() => undefined);
  const begun = (): boolean =>
    readdirSync(world.path('state'), { recursive: true }).some((name) => `${name}`.endsWith('.out'));
  await expect.poll(begun, { ...patient, interval: 1 }).toBe(true);
  await host.end();
  const isTold = (await asked)?.kind === 'listening';
  const [place] = host.places;
  await expect.poll(() => place?.isAlive, patient).toBe(isTold);
  await seen.registry.close();
});

test('the agent hands a guest of its host over to its backup, which goes on where it stood', async () => {
  makeKey(world.path('key'));
  const key = readKey(world.path('key'));
  const host = await agent(key);
  const { endpoint, name } = host;
  const seen = await cluster();
  const handOver = () => askAgent(endpoint, key, { kind: 'handOver', pair: 'pair' }, ASK_MS);
  expect(await handOver()).toMatchObject({ kind: 'refused', reason: expect.stringContaining('no side on this host') });
  const words = { kernel: sample('count'), append: 'every=5', key: world.path('key'), registry: registry() };
  const primary = world.side({ role: 'primary', at: 'none', ...words });
  const stands = () => expect.poll(async () => (await seen.view()).pairs[0], patient);
  await stands().toMatchObject({ state: 'protected', epoch: 1 });
  const heir = host.places[0]!.report;
  await expect.poll(handOver, patient).toEqual({ kind: 'done' });
  expect(await primary.ended).toBe(0);
  await stands().toMatchObject({ primary: name, epoch: 2 });
  const after = (): string => readFileSync(`${heir.log}.out`, 'latin1').replaceAll('\r', '');
  await expect.poll(() => after().length, patient).toBeGreaterThan(200);
  expect(countOf(primary.said + after())).toBeGreaterThan(20);
  await seen.registry.close();
});

test('a guest that began alone in no cluster joins one, once, and has its backup there', async () => {
  makeKey(world.path('key'));
  const host = await agent(readKey(world.path('key')));
  const seen = await cluster();
  const words = { kernel: sample('count'), append: 'every=5', key: world.path('key') };
  const primary = world.side({ role: 'primary', at: 'none', ...words });
  await primary.state('alone');
  expect((await seen.view()).pairs).toEqual([]);
  const node = await namedGuest('pair');
  await expect(joinCluster(node, `dir:${world.path('absent')}`)).rejects.toMatchObject({ code: 'not-joined' });
  const copy = await joinCluster(node, registry());
  expect(copy?.pausedNs).toBeDefined();
  const pair = { name: 'pair', state: 'protected', primary: host.name, backup: host.name };
  await expect.poll(async () => (await seen.view()).pairs, patient).toMatchObject([pair]);
  await expect(joinCluster(node, registry())).rejects.toMatchObject({ code: 'not-joined' });
  await seen.registry.close();
});

test('a guest of a cluster has no backup by order, nor a promise of one, until one is wanted again', async () => {
  makeKey(world.path('key'));
  const host = await agent(readKey(world.path('key')));
  const seen = await cluster();
  const words = { kernel: sample('count'), append: 'every=5', key: world.path('key'), registry: registry() };
  const primary = world.side({ role: 'primary', at: 'none', ...words });
  const promised = async (): Promise<number> => (await seen.walk(ledgerOf(host.name))).reservations.length;
  await primary.state('protected');
  expect(await promised()).toBe(1);
  expect(await unprotectPair('pair')).toBe('pair');
  await expect.poll(() => host.places.length, patient).toBe(0);
  await expect.poll(promised, patient).toBe(0);
  const { length } = primary.said;
  await primary.until(({ said }) => said.length > length + 500);
  expect([host.places.length, await promised()]).toEqual([0, 0]);
  await expect.poll(async () => (await seen.view()).pairs, patient).toMatchObject([{ state: 'alone', epoch: 2 }]);
  await protectAgain(await namedGuest('pair'));
  expect([host.places.length, await promised()]).toEqual([1, 1]);
  const whole = [{ state: 'protected', backup: host.name }];
  await expect.poll(async () => (await seen.view()).pairs, patient).toMatchObject(whole);
  await seen.registry.close();
});

test('a guest that is recorded, in no pair, becomes one of the cluster', async () => {
  makeKey(world.path('key'));
  const host = await agent(readKey(world.path('key')), packageVersion());
  const seen = await cluster();
  const guest = world.side({ role: 'record', at: 'none', kernel: sample('count'), append: 'every=5' });
  await guest.until(({ said }) => said.includes('count 9\n'));
  const tuning = { sameHost: true, detectMs: 10_000 };
  const words = { arbiter: world.arbiter, key: world.path('key'), tuning };
  const node = await namedGuest('pair');
  const absent = `dir:${world.path('absent')}`;
  await expect(pairUp(node, { ...words, registry: absent })).rejects.toMatchObject({ exitCode: 2 });
  expect((await namedGuest('pair')).command).toBe('record');
  const copy = await protectedAnywhere(await pairUp(node, { ...words, registry: registry() }));
  expect(copy?.pausedNs).toBeDefined();
  const pair = { name: 'pair', state: 'protected', primary: host.name, backup: host.name };
  await expect.poll(async () => (await seen.view()).pairs, patient).toMatchObject([pair]);
  guest.kill();
  await expect.poll(async () => (await seen.view()).pairs, patient).toMatchObject([{ epoch: 2 }]);
  await seen.registry.close();
});

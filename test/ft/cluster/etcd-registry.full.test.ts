/** The registry that is etcd, with real ones: alone and three; answers are lost, and owners of leases cut off. */
import { describe, expect, test } from 'vitest';
import type { Registry } from '../../../src/ft/cluster/registry.ts';
import { openRegistry } from '../../../src/host/cluster/registry-of.ts';
import { diskFolder, Relay, type TcpAddress } from '../../host/disk/support.ts';
import { etcdCluster, noEtcd } from '../arbiter/etcd-server.ts';
import { registryConformance } from './conformance.ts';
import type { MakeRig } from './rigs.ts';

const folder = diskFolder();
const patient = { timeout: 60_000, interval: 100 };
const isChange = (request: Buffer): boolean => request.includes('POST /v3/kv/txn');

const relayed = (ports: readonly number[]): Promise<readonly Relay<TcpAddress>[]> =>
  Promise.all(ports.map((port) => Relay.startTcp(folder, { kind: 'tcp', host: '127.0.0.1', port })));

const through = (relays: readonly Relay<TcpAddress>[]): Promise<Registry> =>
  openRegistry(`etcd:http://${relays.map(({ at }) => `${at.host}:${at.port}`).join()}`);

const rigOf =
  (members: number): MakeRig =>
  async () => {
    const servers = await etcdCluster(folder, members);
    const relays = await relayed(servers.map(({ port }) => port));
    const all = (mode: Relay['mode']): void => {
      for (const relay of relays) relay.set(mode);
    };
    return { open: () => through(relays), cut: () => all('cut'), heal: () => all('open') };
  };

async function opened(relays: readonly Relay<TcpAddress>[]): Promise<Registry> {
  const registry = await through(relays);
  folder.later(() => registry.close());
  return registry;
}

describe.skipIf(noEtcd !== undefined)(`real servers${noEtcd === undefined ? '' : ` (skipped: ${noEtcd})`}`, () => {
  registryConformance([
    ['etcd', rigOf(1)],
    ['three of etcd', rigOf(3)],
  ]);

  test('a swap whose answer is lost is unknown, and done once: whoever reads sees it', async () => {
    const [server] = await etcdCluster(folder, 1);
    const ports = [server!.port];
    const [lossy, whole] = [await relayed(ports), await relayed(ports)];
    const [a, b] = [await opened(lossy), await opened(whole)];
    lossy[0]!.dropAnswersTo(isChange);
    expect(await a.swap('x', 0, 'one')).toMatchObject({ kind: 'unknown' });
    const record = await a.read('x');
    expect(record?.text).toBe('one');
    expect(await b.swap('x', record!.revision, 'two')).toEqual({ kind: 'done' });
    expect((await a.read('x'))?.text).toBe('two');
  });

  test('a lease whose owner is cut off is gone for the others, and is back when it is not', async () => {
    const [server] = await etcdCluster(folder, 1);
    const ports = [server!.port];
    const [owners, others] = [await relayed(ports), await relayed(ports)];
    const [a, b] = [await opened(owners), await opened(others)];
    const lease = await a.lease('host/a', 'here');
    const seen = async () => (await b.leases('host/')).map(({ text }) => text);
    expect(await seen()).toEqual(['here']);
    let told = 0;
    b.watch(() => told++);
    owners[0]!.set('cut');
    await expect.poll(seen, patient).toEqual([]);
    await expect.poll(() => told, patient).toBeGreaterThan(0);
    lease.set('still here');
    owners[0]!.set('open');
    await expect.poll(seen, patient).toEqual(['still here']);
  });

  test('of three, one may hang or die, and its clients go to another', async () => {
    const servers = await etcdCluster(folder, 3);
    const place = `etcd:http://${servers.map(({ port }) => `127.0.0.1:${port}`).join()}`;
    const registry = await openRegistry(place);
    folder.later(() => registry.close());
    await registry.lease('host/a', 'here');
    let done = 0;
    for (const { process } of servers) {
      await process.kill();
      await expect.poll(() => count(registry, ++done), patient).toBe(true);
      await expect.poll(async () => (await registry.leases('host/')).length, patient).toBe(1);
      await process.start();
    }
  });
});

/** Whether the record has been changed, once it is read. */
async function count(registry: Registry, number: number): Promise<boolean> {
  const text = `${number}`;
  try {
    const record = await registry.read('count');
    if (record?.text === text) return true;
    return (await registry.swap('count', record?.revision ?? 0, text)).kind === 'done';
  } catch {
    return false;
  }
}

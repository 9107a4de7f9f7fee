/** The arbiter that is etcd, with real ones: alone, and three of which one or two are lost. */
import { describe, expect, test } from 'vitest';
import type { Arbiter } from '../../../src/ft/arbiter.ts';
import { EtcdClient } from '../../../src/host/etcd/etcd-client.ts';
import type { Json } from '../../../src/host/etcd/etcd-json.ts';
import { parseEtcd } from '../../../src/host/etcd/etcd-place.ts';
import { EtcdArbiter } from '../../../src/host/ft/arbiters/etcd.ts';
import { type DiskFolder, diskFolder, Relay, type TcpAddress } from '../../host/disk/support.ts';
import { conformance, settle } from './conformance.ts';
import { certificate, etcdCluster, noEtcd } from './etcd-server.ts';
import { races } from './races.ts';
import { PATIENT_MS, type RigMaker } from './rig.ts';

const folder = diskFolder();
const at = (port: number): TcpAddress => ({ kind: 'tcp', host: '127.0.0.1', port });
const isClaim = (request: Buffer): boolean => request.includes('POST /v3/kv/txn');

const rigOf =
  (members: number) =>
  async (place: DiskFolder): ReturnType<RigMaker[1]> => {
    const servers = await etcdCluster(place, members);
    const relays = await Promise.all(servers.map(({ port }) => Relay.startTcp(place, at(port))));
    const deafened = await Promise.all(servers.map(({ port }) => Relay.startTcp(place, at(port))));
    for (const relay of deafened) relay.dropAnswersTo(isClaim);
    const through = (some: typeof relays, deadlineMs?: number): Arbiter =>
      new EtcdArbiter({ endpoints: some.map((relay) => relay.at) }, deadlineMs);
    const all = (mode: Relay['mode']): void => {
      for (const relay of relays) relay.set(mode);
    };
    return {
      arbiter: (deadlineMs = PATIENT_MS) => through(relays, deadlineMs),
      deaf: () => through(deafened, PATIENT_MS),
      cut: async () => all('cut'),
      heal: async () => all('open'),
      freeze: () => {
        for (const { process } of servers) process.freeze();
      },
      thaw: () => {
        for (const { process } of servers) process.thaw();
      },
      slow: (ms) => {
        for (const relay of relays) relay.delayMs = ms;
      },
      restart: async () => {
        await Promise.all(servers.map(({ process }) => process.kill()));
        await Promise.all(servers.map(({ process }) => process.start()));
      },
    };
  };

describe.skipIf(noEtcd !== undefined)(`real servers${noEtcd === undefined ? '' : ` (skipped: ${noEtcd})`}`, () => {
  conformance(folder, [
    ['etcd', rigOf(1)],
    ['three of etcd', rigOf(3)],
  ]);
  races(folder, [['etcd', rigOf(1)]]);

  test('of three, any one may hang or die; without two nothing is decided, and all of it with them', async () => {
    const servers = await etcdCluster(folder, 3);
    const place = { endpoints: servers.map(({ port }) => at(port)) };
    const [a, b] = [new EtcdArbiter(place), new EtcdArbiter(place)];
    let epoch = 0;
    const race = async (): Promise<void> => {
      epoch++;
      const results = await Promise.all([settle(a, epoch, 'a'), settle(b, epoch, 'b')]);
      expect(results.map(({ kind }) => kind).sort()).toEqual(['lost', 'won']);
    };
    for (const { process } of servers) {
      process.freeze();
      await race();
      process.thaw();
      await process.kill();
      await race();
      await process.start();
    }
    servers[0]!.process.freeze();
    servers[1]!.process.freeze();
    const started = performance.now();
    expect(await a.claim('p', epoch + 1, 'a')).toMatchObject({ kind: 'unknown' });
    expect(await b.read('p')).toMatchObject({ kind: 'unknown' });
    expect(performance.now() - started).toBeLessThan(30_000);
    for (const { process } of servers) process.thaw();
    await race();
  });

  test('an etcd that was made anew in the place of the first decides nothing', async () => {
    const [first] = await etcdCluster(folder, 1);
    const [second] = await etcdCluster(folder, 1);
    const relay = await Relay.startTcp(folder, at(first!.port));
    const arbiter = new EtcdArbiter({ endpoints: [relay.at] });
    for (let epoch = 1; epoch <= 3; epoch++) await settle(arbiter, epoch, 'a');
    relay.redirect(at(second!.port));
    expect(await arbiter.claim('p', 4, 'a')).toMatchObject({ kind: 'unknown' });
    expect(await arbiter.read('p')).toMatchObject({ kind: 'unknown' });
    relay.redirect(at(first!.port));
    expect(await arbiter.claim('p', 4, 'a')).toEqual({ kind: 'won' });
  });

  test('over TLS, with the certificates and the password that the environment names', async () => {
    const pem = certificate(folder.path('.'));
    const [server] = await etcdCluster(folder, 1, pem);
    const text = `https://127.0.0.1:${server!.port}`;
    const asRoot = { ETCDCTL_CACERT: pem.cert, ETCDCTL_USER: 'root:a secret' };
    const admin = new EtcdClient(parseEtcd(text, { ETCDCTL_CACERT: pem.cert }));
    const ask = (path: string, body: Json): Promise<Json> => admin.call(`/v3/auth/${path}`, body, PATIENT_MS);
    await ask('user/add', { name: 'root', password: 'a secret' });
    await ask('user/grant', { user: 'root', role: 'root' });
    await ask('enable', {});
    const arbiter = new EtcdArbiter(parseEtcd(text, asRoot), PATIENT_MS);
    expect(await arbiter.claim('p', 1, 'a')).toEqual({ kind: 'won' });
    // Tokens are the server's memory: it knows none of them any more.
    await server!.process.kill();
    await server!.process.start();
    expect(await settle(arbiter, 2, 'a')).toEqual({ kind: 'won' });
    for (const environment of [
      { ETCDCTL_CACERT: pem.cert },
      { ...asRoot, ETCDCTL_USER: 'root:wrong-word' },
      { ETCDCTL_USER: 'root:a secret' },
    ]) {
      const result = await new EtcdArbiter(parseEtcd(text, environment), PATIENT_MS).claim('p', 3, 'b');
      expect(result).toMatchObject({ kind: 'unknown' });
      expect(JSON.stringify(result)).not.toMatch(/wrong-word|a secret/);
    }
  });
});

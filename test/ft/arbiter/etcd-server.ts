/** Real etcd clusters on this machine, of Debian's etcd-server. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { EtcdClient } from '../../../src/host/etcd/etcd-client.ts';
import { type EtcdPlace, parseEtcd } from '../../../src/host/etcd/etcd-place.ts';
import type { DiskFolder } from '../../host/disk/support.ts';
import { freePort, type ServerAt, ServerProcess } from './server-process.ts';

/** Why there is none; undefined also where the absence must not go unnoticed. */
export const noEtcd: string | undefined =
  process.env.CI === 'true' || spawnSync('etcd', ['--version']).error === undefined
    ? undefined
    : 'etcd is not there: apt install etcd-server';

/** Paths of a key and of a certificate of 127.0.0.1 that signs itself. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export function certificate(folder: string): Certificate {
  const made = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') };
  const subject = ['-subj', '/CN=etcd', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', [...args, ...subject, '-keyout', made.key, '-out', made.cert], { stdio: 'pipe' });
  return made;
}

/** The members of one cluster, started; clients are served over TLS when there is a certificate. */
export async function etcdCluster(folder: DiskFolder, count: number, tls?: Certificate): Promise<readonly ServerAt[]> {
  const places = [];
  for (let i = 0; i < count; i++) places.push({ name: `m${i}`, port: await freePort(), peer: await freePort() });
  const members = places.map(({ name, peer }) => `${name}=http://127.0.0.1:${peer}`).join();
  const servers = places.map(({ name, port, peer }) => {
    const [client, peers] = [`http${tls === undefined ? '' : 's'}://127.0.0.1:${port}`, `http://127.0.0.1:${peer}`];
    const args = ['--name', name, '--data-dir', folder.fresh(name), '--initial-cluster', members];
    args.push('--listen-client-urls', client, '--advertise-client-urls', client);
    args.push('--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers, '--logger', 'zap');
    if (tls !== undefined) args.push('--cert-file', tls.cert, '--key-file', tls.key);
    return {
      port,
      process: new ServerProcess(folder, {
        file: 'etcd',
        args,
        ready: () => healthy(parseEtcd(client, { ETCDCTL_CACERT: tls?.cert })),
      }),
    };
  });
  await Promise.all(servers.map((server) => server.process.start()));
  return servers;
}

async function healthy(place: EtcdPlace): Promise<boolean> {
  const client = new EtcdClient(place);
  try {
    await client.call('/v3/maintenance/status', {}, 1000);
    return true;
  } catch {
    return false;
  } finally {
    client.close();
  }
}

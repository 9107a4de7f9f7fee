/** Pairs of real processes whose arbiter is a real etcd, PostgreSQL or majority, which hangs when it is needed. */
import { describe, expect, test } from 'vitest';
import { diskFolder } from '../../host/disk/support.ts';
import { etcdCluster, noEtcd } from '../arbiter/etcd-server.ts';
import { acceptorProcess } from '../arbiter/majority-rig.ts';
import { noPostgres, postgresServer } from '../arbiter/postgres-server.ts';
import type { ServerProcess } from '../arbiter/server-process.ts';
import { CutLine } from './cut-line.ts';
import { countOf, eachWorld, joined, sample } from './sides.ts';

const world = eachWorld();
const folder = diskFolder();

interface Servers {
  /** As users name it. */
  readonly arbiter: string;
  readonly processes: readonly ServerProcess[];
}

async function etcd(): Promise<Servers> {
  const servers = await etcdCluster(folder, 3);
  const places = servers.map(({ port }) => `127.0.0.1:${port}`);
  return { arbiter: `etcd:http://${places.join()}`, processes: servers.map(({ process }) => process) };
}

async function postgres(): Promise<Servers> {
  const { port, process } = await postgresServer(folder);
  return { arbiter: `postgres://lockstep@127.0.0.1:${port}/postgres?sslmode=disable`, processes: [process] };
}

async function majority(): Promise<Servers> {
  const acceptors = await Promise.all(Array.from({ length: 3 }, () => acceptorProcess(folder)));
  const places = acceptors.map(({ at }) => `127.0.0.1:${at.port}`);
  return { arbiter: `majority:${places.join()}`, processes: acceptors.map(({ process }) => process!) };
}

const ARBITERS = [
  ['etcd', noEtcd, etcd],
  ['PostgreSQL', noPostgres, postgres],
  ['majority', undefined, majority],
] as const;
const GUEST = { kernel: sample('count'), append: 'every=10', detectMs: 2000 } as const;
/** Some claims that come to nothing. */
const HANGS_MS = 5000;

describe.each(ARBITERS)('%s', (_name, absent, begin) => {
  test.skipIf(absent !== undefined)(
    'a primary is killed while the arbiter hangs: the backup waits, then lives',
    async () => {
      const { arbiter, processes } = await begin();
      const { primary, backup } = await world.pair({ ...GUEST, arbiter });
      await primary.until(({ said }) => said.includes('count 20\n'));
      for (const one of processes) one.freeze();
      primary.kill();
      await backup.state('claiming');
      const { length } = backup.said;
      await new Promise((done) => setTimeout(done, HANGS_MS));
      expect(backup.complaints).not.toMatch(/^state (live|halted)/m);
      expect(backup.said).toHaveLength(length);
      for (const one of processes) one.thaw();
      await backup.state('live');
      await backup.until(({ said }) => said.length > 500);
      expect(countOf(joined(primary.said, backup.said))).toBeGreaterThan(50);
    },
  );

  test.skipIf(absent !== undefined)(
    'the channel is cut while the arbiter hangs: nobody lives alone, then exactly one',
    async () => {
      const { arbiter, processes } = await begin();
      const { backup, port } = await world.backup({ detectMs: 2000, arbiter });
      const line = await CutLine.to(port);
      const primary = world.side({ role: 'primary', at: `tcp:127.0.0.1:${line.port}`, ...GUEST, arbiter });
      await primary.until(({ said }) => said.includes('count 20\n'));
      for (const one of processes) one.freeze();
      line.cut();
      await Promise.all([primary.state('claiming'), backup.state('claiming')]);
      const said = [primary.said.length, backup.said.length];
      await new Promise((done) => setTimeout(done, HANGS_MS));
      expect([primary.said.length, backup.said.length]).toEqual(said);
      for (const one of processes) one.thaw();
      const loser = await Promise.race([primary.ended.then(() => primary), backup.ended.then(() => backup)]);
      const alive = loser === primary ? backup : primary;
      expect(await loser.ended).toBe(4);
      expect(loser.complaints).toContain('error pair-lost');
      await alive.state(alive === primary ? 'alone' : 'live');
      const { length } = alive.said;
      await alive.until(({ said }) => said.length > length + 500);
      expect(countOf(joined(primary.said, backup.said))).toBeGreaterThan(50);
      line.close();
    },
  );
});

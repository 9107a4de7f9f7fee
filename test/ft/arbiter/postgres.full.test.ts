/** The arbiter that is a PostgreSQL, with a real one whose own setting is not to wait for what it commits. */
import { describe, expect, test } from 'vitest';
import type { Arbiter } from '../../../src/ft/arbiter.ts';
import { PostgresArbiter } from '../../../src/host/ft/arbiters/postgres.ts';
import { type DiskFolder, diskFolder, Relay, type TcpAddress } from '../../host/disk/support.ts';
import { conformance, settle } from './conformance.ts';
import { noPostgres, postgresServer } from './postgres-server.ts';
import { races } from './races.ts';
import { PATIENT_MS, type RigMaker } from './rig.ts';

const folder = diskFolder();
const at = (port: number): TcpAddress => ({ kind: 'tcp', host: '127.0.0.1', port });
const url = (port: number): string => `postgres://lockstep@127.0.0.1:${port}/postgres`;
const isClaim = (request: Buffer): boolean => request.includes('INSERT INTO public.lockstep_epochs');
/** What is committed by these, and nothing else, is lost by a kill. */
const FORGETFUL = ['synchronous_commit=off', 'wal_writer_delay=10s'];

async function rig(place: DiskFolder): ReturnType<RigMaker[1]> {
  const { port, process } = await postgresServer(place, FORGETFUL);
  const relay = await Relay.startTcp(place, at(port));
  const deafened = await Relay.startTcp(place, at(port));
  deafened.dropAnswersTo(isClaim);
  const through = ({ at: { port } }: Relay<TcpAddress>, deadlineMs?: number): Arbiter =>
    new PostgresArbiter(url(port), deadlineMs);
  return {
    arbiter: (deadlineMs = PATIENT_MS) => through(relay, deadlineMs),
    deaf: () => through(deafened, PATIENT_MS),
    cut: async () => relay.set('cut'),
    heal: async () => relay.set('open'),
    freeze: () => process.freeze(),
    thaw: () => process.thaw(),
    slow: (ms) => {
      relay.delayMs = ms;
    },
    restart: async () => {
      await process.kill();
      await process.start();
    },
  };
}

describe.skipIf(noPostgres !== undefined)(
  `a real one${noPostgres === undefined ? '' : ` (skipped: ${noPostgres})`}`,
  () => {
    const rigs = [['PostgreSQL', rig]] as const;
    conformance(folder, rigs);
    races(folder, rigs);

    test('one that does not flush decides nothing', async () => {
      const { port } = await postgresServer(folder, ['fsync=off']);
      const arbiter = new PostgresArbiter(url(port));
      expect(await arbiter.claim('p', 1, 'a')).toMatchObject({ reason: expect.stringContaining('fsync') });
      expect(await arbiter.read('p')).toMatchObject({ kind: 'unknown' });
    });

    test('a claimer that hangs in the middle of its call keeps nobody waiting', async () => {
      const { port } = await postgresServer(folder);
      const relay = await Relay.startTcp(folder, at(port));
      const [a, b] = [new PostgresArbiter(url(relay.at.port)), new PostgresArbiter(url(port))];
      expect(await settle(a, 1, 'a')).toEqual({ kind: 'won' });
      relay.dropAnswersTo(() => {
        relay.set('frozen');
        return false;
      });
      const hanging = a.claim('p', 2, 'a');
      expect((await settle(b, 2, 'b')).kind).toMatch(/won|lost/);
      expect(await hanging).toMatchObject({ kind: 'unknown' });
    });

    test('a password is asked for, comes from the URL, and is in no message', async () => {
      const { port } = await postgresServer(folder, [], 'scram-sha-256');
      const withPassword = (word: string): string => url(port).replace('@', `:${word}@`);
      const arbiter = new PostgresArbiter(withPassword('lockstep-password'));
      expect(await settle(arbiter, 1, 'a')).toEqual({ kind: 'won' });
      const result = await new PostgresArbiter(withPassword('wrong-word')).claim('p', 2, 'b');
      expect(result.kind).toBe('unknown');
      expect(JSON.stringify(result)).not.toContain('wrong-word');
    });
  },
);

/** What a node of a pair says of it in the registry. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Cluster } from '../../../src/ft/cluster/cluster.ts';
import type { PairReport } from '../../../src/ft/cluster/records.ts';
import { Backup } from '../../../src/ft/protocol/backup.ts';
import { PAIR_DEFAULTS } from '../../../src/ft/protocol/settings.ts';
import type { BackupStatus } from '../../../src/ft/protocol/status.ts';
import { Member } from '../../../src/host/cluster/member.ts';
import { openRegistry } from '../../../src/host/cluster/registry-of.ts';
import { hostName } from '../../../src/host/ft/identity.ts';

const own = hostName();
const settings = { ...PAIR_DEFAULTS, pair: 'web', epoch: 3, who: 'b:1', host: own };
const backup: BackupStatus = { ...new Backup(settings, 0).status, peer: { who: 'a:1', host: 'host-a' } };

test('a pair is listed from when its backup asks for the epoch, and not by one that follows', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-member-'));
  const registry = await openRegistry(`dir:${folder}`);
  const cluster = { version: '1', registry: `dir:${folder}` };
  const member = await Member.of({ name: 'web', arbiter: `file:${folder}`, tuning: {}, cluster }, () => {});
  onTestFinished(async () => {
    await member?.close();
    await registry.close();
    rmSync(folder, { recursive: true });
  });
  const listed = async (changes: Partial<BackupStatus>): Promise<readonly PairReport[]> => {
    member!.report({ ...backup, ...changes }, 16 << 20);
    const seen = async (): Promise<readonly PairReport[]> => (await new Cluster(registry).view()).pairs;
    const state = changes.state === 'following' ? undefined : changes.state;
    await expect.poll(async () => (await seen())[0]?.state, { timeout: 20_000 }).toBe(state);
    return seen();
  };
  const common = { name: 'web', memoryBytes: 16 << 20 };
  const before = { ...common, epoch: 3, primary: 'host-a', backup: own };
  expect(await listed({ state: 'following' })).toEqual([]);
  expect(await listed({ state: 'claiming' })).toEqual([{ ...before, state: 'claiming' }]);
  expect(await listed({ state: 'draining' })).toEqual([{ ...before, state: 'draining' }]);
  expect(await listed({ state: 'live', epoch: 4 })).toEqual([{ ...common, epoch: 4, primary: own, state: 'live' }]);
  expect(await listed({ state: 'following' })).toEqual([]);
});

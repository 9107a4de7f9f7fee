/**
 * What a survivor does about a guest that changes its memory faster than it is copied. The backup is a protocol core
 * behind a socket; what the guest thread would say of the copy is said by the test.
 */

import { expect, onTestFinished, test } from 'vitest';
import { Backup } from '../../../src/ft/protocol/backup.ts';
import type { BackupEffect, BackupEvent } from '../../../src/ft/protocol/io.ts';
import { PAIR_DEFAULTS, type PairSettings } from '../../../src/ft/protocol/settings.ts';
import { isFromPrimary } from '../../../src/ft/protocol/wire.ts';
import { Connections } from '../../../src/host/ft/connections.ts';
import { CoreDriver } from '../../../src/host/ft/core-driver.ts';
import type { Endpoint } from '../../../src/host/ft/endpoint.ts';
import { Heartbeats } from '../../../src/host/ft/heartbeats.ts';
import { StaticPlaces } from '../../../src/host/ft/places.ts';
import { Shield } from '../../../src/host/ft/shield.ts';
import { listen } from '../../../src/host/ft/transport.ts';
import type { CopyProgress } from '../../../src/session/guest-copy.ts';

const settings = (who: string): PairSettings => ({
  ...PAIR_DEFAULTS,
  pair: 'slow',
  epoch: 1,
  who,
  host: who,
  detectMs: 60_000,
  reconnectMs: 60_000,
});

type Driver = CoreDriver<BackupEvent<unknown>, BackupEffect<unknown>>;

/** Lets a primary in, at `endpoint`; and refuses it later, when told to. */
async function backup(): Promise<{ readonly endpoint: Endpoint; readonly refuse: () => void }> {
  const connections = new Connections();
  const core = new Backup<unknown>(settings('b'), performance.now());
  const driver: Driver = new CoreDriver(core, (effect: BackupEffect<unknown>) => {
    if (effect.kind === 'send') connections.send(effect.connection, effect.message);
    if (effect.kind === 'heartbeat') heartbeats.send(effect.heartbeat, effect.to);
  });
  const { endpoint, close } = await listen(
    { host: '127.0.0.1', port: 0 },
    undefined,
    (socket) => {
      connections.add(1, socket, {
        message: (message) => {
          if (isFromPrimary(message)) driver.tell({ kind: 'message', connection: 1, message });
        },
        closed: (reason) => driver.tell({ kind: 'closed', connection: 1, reason }),
      });
      driver.tell({ kind: 'connected', connection: 1 });
    },
    () => {},
  );
  const heartbeats = await Heartbeats.at(endpoint, undefined);
  heartbeats.listen((heartbeat, from) => driver.tell({ kind: 'heartbeat', heartbeat, from }));
  onTestFinished(() => {
    driver.stop();
    connections.closeAll('done');
    heartbeats.close();
    close();
  });
  return { endpoint, refuse: () => connections.send(1, { kind: 'refuse', reason: 'enough of it' }) };
}

/** A survivor whose copy has begun. */
async function copying() {
  const shares: number[] = [];
  const notices: string[] = [];
  const { endpoint, refuse } = await backup();
  let shield!: Shield;
  const copy = await new Promise<number>((begun) => {
    shield = new Shield(settings('p'), undefined, {
      effect: () => {},
      claim: () => {},
      truthful: (message) => message,
      order: (order) => {
        if (order.kind === 'copy') begun(order.copy);
      },
      share: (share) => shares.push(share),
      acknowledged: () => {},
      begin: () => {},
      memoryBytes: () => 0,
      live: () => {},
      surroundings: () => new Uint8Array(1),
      copying: () => {},
      notice: (text) => notices.push(text),
      look: () => {},
    });
    shield.alone(1, new StaticPlaces([endpoint]));
  });
  onTestFinished(() => shield.stop());
  const round = (changes: Partial<CopyProgress>): void => {
    const progress = { round: 1, pages: 100, left: 90, bytes: 1e6, pausedNs: undefined, slow: false, ...changes };
    shield.heard({ kind: 'copying', copy, progress });
  };
  return { shares, notices, round, shield, refuse };
}

test('it is slowed with each round that does not shrink, says so once, and is let go when it is copied', async () => {
  const { shares, notices, round, shield } = await copying();
  round({});
  expect(shares).toEqual([]);
  for (let i = 0; i < 3; i++) round({ slow: true });
  expect(shares.map((share) => share.toFixed(3))).toEqual(['0.700', '0.490', '0.343']);
  expect(notices).toEqual(['the guest changes its memory faster than it is copied: it is slowed']);
  // A round that shrinks leaves it as it is: it would not shrink at full speed.
  round({ slow: false });
  expect(shares).toHaveLength(3);
  for (let i = 0; i < 20; i++) round({ slow: true });
  expect(Math.min(...shares)).toBe(0.05);
  expect(shield.copy?.slow).toBe(true);
  round({ pausedNs: 12e6, left: 0 });
  expect(shares.at(-1)).toBe(1);
  expect(notices).toHaveLength(2);
  expect(notices[1]).toMatch(/copied to tcp:127.0.0.1:\d+: .* the guest stood still for 12.0 ms/);
});

test('a guest that was slowed is let go when its backup is lost', async () => {
  const { shares, notices, round, refuse } = await copying();
  round({ slow: true });
  expect(shares).toEqual([0.7]);
  refuse();
  await expect.poll(() => shares).toEqual([0.7, 1]);
  expect(notices.at(-1)).toMatch(/no backup at .*: refused/);
});

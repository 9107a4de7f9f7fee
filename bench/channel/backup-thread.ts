/** Stands for the main thread of a backup whose guest executes at once what it is fed. */

import { parentPort } from 'node:worker_threads';
import { Backup } from '../../src/ft/protocol/backup.ts';
import type { BackupEffect, BackupEvent } from '../../src/ft/protocol/io.ts';
import { isFromPrimary } from '../../src/ft/protocol/wire.ts';
import { Connections } from '../../src/host/ft/connections.ts';
import { CoreDriver } from '../../src/host/ft/core-driver.ts';
import { Heartbeats } from '../../src/host/ft/heartbeats.ts';
import { listen } from '../../src/host/ft/transport.ts';
import { tick } from '../../src/lib/brands.ts';
import { benchSettings } from './settings.ts';

type Event = BackupEvent<unknown>;
type Effect = BackupEffect<unknown>;

const connections = new Connections();
let fed = -1;
let heartbeats: Heartbeats | undefined;
let connection = 0;

const driver: CoreDriver<Event, Effect> = new CoreDriver<Event, Effect>(
  new Backup<unknown>(benchSettings('b'), performance.now()),
  (effect) => {
    if (effect.kind === 'send') connections.send(effect.connection, effect.message);
    else if (effect.kind === 'heartbeat') heartbeats?.send(effect.heartbeat, effect.to);
    else if (effect.kind === 'feed') fed = effect.sequence;
    else if (effect.kind === 'disconnect') connections.disconnect(effect.connection, effect.reason);
  },
);

const listener = await listen(
  { host: '127.0.0.1', port: 0 },
  undefined,
  (socket) => {
    const name = ++connection;
    connections.add(name, socket, {
      message: (message) => {
        if (!isFromPrimary(message)) return;
        const before = fed;
        driver.tell({ kind: 'message', connection: name, message });
        if (fed > before) driver.tell({ kind: 'executed', sequence: fed, tick: tick(fed), digests: 0 });
      },
      closed: (reason) => driver.tell({ kind: 'closed', connection: name, reason }),
    });
    driver.tell({ kind: 'connected', connection: name });
  },
  () => {},
);
heartbeats = await Heartbeats.at(listener.endpoint, undefined);
heartbeats.listen((heartbeat, from) => driver.tell({ kind: 'heartbeat', heartbeat, from }));
parentPort?.on('message', () => {
  const { user, system } = process.threadCpuUsage();
  parentPort?.postMessage({ cpuUs: user + system });
});
parentPort?.postMessage(listener.endpoint);

/** Acceptors in this process or in their own, and claimers that reach them through relays. */
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Arbiter } from '../../../src/ft/arbiter.ts';
import { AcceptorServer } from '../../../src/host/ft/arbiters/acceptor-server.ts';
import { MajorityArbiter } from '../../../src/host/ft/arbiters/majority.ts';
import { type DiskFolder, Relay, type TcpAddress } from '../../host/disk/support.ts';
import { PATIENT_MS, type RigMaker } from './rig.ts';
import { freePort, ServerProcess } from './server-process.ts';

/** One that can be ended and started again with its promises, at the same port. */
export interface Acceptor {
  readonly at: TcpAddress;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** What hangs a process; undefined for one in this process. */
  readonly process?: ServerProcess;
}

export async function acceptorHere(folder: DiskFolder): Promise<Acceptor> {
  const at: TcpAddress = { kind: 'tcp', host: '127.0.0.1', port: await freePort() };
  const place = folder.fresh('acceptor');
  let server: AcceptorServer | undefined;
  const kill = async (): Promise<void> => {
    await server?.close();
    server = undefined;
  };
  folder.later(kill);
  const start = async (): Promise<void> => {
    server = await AcceptorServer.start({ listen: at, folder: place });
  };
  await start();
  return { at, start, kill };
}

export async function acceptorProcess(folder: DiskFolder): Promise<Acceptor> {
  const at: TcpAddress = { kind: 'tcp', host: '127.0.0.1', port: await freePort() };
  const script = fileURLToPath(new URL('./fixtures/acceptor.ts', import.meta.url));
  const args = [script, folder.fresh('acceptor'), `${at.port}`];
  const process_ = new ServerProcess(folder, { file: process.execPath, args, ready: () => listens(at) });
  await process_.start();
  return { at, start: () => process_.start(), kill: () => process_.kill(), process: process_ };
}

function listens({ host, port }: TcpAddress): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, host);
    socket.on('connect', () => done(true)).on('error', () => done(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** A claimer's own relay to each acceptor. */
export function relaysTo(folder: DiskFolder, acceptors: readonly Acceptor[]): Promise<Relay<TcpAddress>[]> {
  return Promise.all(acceptors.map(({ at }) => Relay.startTcp(folder, at)));
}

export function claimer(relays: readonly Relay<TcpAddress>[], deadlineMs: number): Arbiter {
  const members = relays.map(({ at }, i) => ({ name: `m${i}`, endpoint: at }));
  return new MajorityArbiter(members, undefined, deadlineMs);
}

/** Kind 2 after length and version: what is to be accepted. */
export const isAccept = (request: Buffer): boolean => request[5] === 2;

export function majorityRig(count: number, make: (folder: DiskFolder) => Promise<Acceptor>): RigMaker[1] {
  return async (folder) => {
    const acceptors = await Promise.all(Array.from({ length: count }, () => make(folder)));
    const relays = await relaysTo(folder, acceptors);
    const deafened = await relaysTo(folder, acceptors);
    for (const relay of deafened) relay.dropAnswersTo(isAccept);
    const all = (mode: Relay['mode']): void => {
      for (const relay of relays) relay.set(mode);
    };
    return {
      arbiter: (deadlineMs = PATIENT_MS) => claimer(relays, deadlineMs),
      deaf: () => claimer(deafened, PATIENT_MS),
      cut: async () => all('cut'),
      heal: async () => all('open'),
      freeze: () => {
        for (const { process } of acceptors) process?.freeze();
        if (acceptors[0]?.process === undefined) all('frozen');
      },
      thaw: () => {
        for (const { process } of acceptors) process?.thaw();
        if (acceptors[0]?.process === undefined) all('open');
      },
      slow: (ms) => {
        for (const relay of relays) relay.delayMs = ms;
      },
      restart: async () => {
        await Promise.all(acceptors.map((one) => one.kill()));
        await Promise.all(acceptors.map((one) => one.start()));
      },
    };
  };
}

/**
 * The guest's way to this host and back: guest, `lockstep switch`, passt, loopback. The same with FT off and on: a pair
 * needs the switch, for both of its cards.
 */

import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BenchError } from '../bench-error.ts';
import { needTool } from '../tools.ts';
import { lockstep } from './machine.ts';
import { Program } from './program.ts';

const READY_MS = 60_000;
const LOOK_MS = 20;

export interface Network {
  /** For --net. */
  readonly card: string;
  /** Ports of 127.0.0.1: the guest's port 80 (TCP) and 7000 (UDP), and the host's iperf3. */
  readonly web: number;
  readonly udp: number;
  readonly iperf: number;
  stop(): Promise<void>;
}

/** `folder` and the one that it is in are the bench's own. */
export async function startNetwork(folder: string, env: NodeJS.ProcessEnv): Promise<Network> {
  const passt = needTool('passt', 'passt');
  const iperf3 = needTool('iperf3', 'iperf3');
  const [web, udp, iperf] = await freePorts();
  // passt gives up its privileges and must still be able to make its socket.
  const place = join(folder, 'net');
  mkdirSync(place);
  for (const each of [dirname(folder), folder, place]) chmodSync(each, each === place ? 0o777 : 0o755);
  const [outer, inner] = [join(place, 'passt'), join(place, 'lan')];
  const address = ['-a', '10.0.2.15', '-n', '255.255.255.0', '-g', '10.0.2.2'];
  const forward = ['-t', `127.0.0.1/${web}:80`, '-u', `127.0.0.1/${udp}:7000`];
  const programs = [
    new Program(passt, ['--foreground', '--quiet', '--socket', outer, ...address, ...forward], env),
    new Program(...lockstep(['switch', '--listen', `unix:${inner}`, '--connect', `unix:${outer}`]), env),
    new Program(iperf3, ['-s', '-B', '127.0.0.1', '-p', `${iperf}`], env),
  ];
  const stop = async (): Promise<void> => {
    for (const program of programs) program.kill();
    await Promise.all(programs.map(({ ended }) => ended));
  };
  for (let waited = 0; !existsSync(outer) || !existsSync(inner); waited += LOOK_MS) {
    if (waited > READY_MS) {
      await stop();
      throw new BenchError(`passt and the switch do not start:\n${programs.map(({ tail }) => tail).join('\n')}`);
    }
    await sleep(LOOK_MS);
  }
  return { card: `stream:unix:${inner}`, web, udp, iperf, stop };
}

/** Three that nobody listened at a moment ago. */
async function freePorts(): Promise<[number, number, number]> {
  const servers = [createServer(), createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    ports.push(address !== null && typeof address === 'object' ? address.port : 0);
  }
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports as [number, number, number];
}

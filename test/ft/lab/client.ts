/**
 * The clients of one load as a process, to be run where the guest's network is. Options as JSON in the first argument.
 * Says `serving` when the guest answers; stops asking when its input ends; writes the history and says `done`.
 */
import { writeFileSync } from 'node:fs';
import type { Load } from './clients/load.ts';
import { lock } from './clients/lock.ts';
import { redis, redisRead } from './clients/redis.ts';
import { udpKv } from './clients/udp-kv.ts';
import type { History } from './history.ts';

export interface ClientOptions {
  readonly work: 'udp-kv' | 'lock' | 'redis' | 'redis-read';
  readonly address: string;
  readonly seed: number;
  readonly clients: number;
  /** The history goes here. */
  readonly output: string;
  /** What `redis-read` reads. */
  readonly keys?: readonly string[];
}

const options = JSON.parse(process.argv[2]!) as ClientOptions;
const loads: Record<ClientOptions['work'], Load> = {
  'udp-kv': udpKv,
  lock,
  redis,
  'redis-read': redisRead(options.keys ?? []),
};
const stop = new AbortController();
process.stdin.on('end', () => stop.abort()).resume();
const { address, seed, clients } = options;
const history: History = await loads[options.work]({
  address,
  seed,
  clients,
  stop: stop.signal,
  serving: () => process.stdout.write('serving\n'),
});
writeFileSync(options.output, JSON.stringify(history));
process.stdout.write('done\n');
process.exit();

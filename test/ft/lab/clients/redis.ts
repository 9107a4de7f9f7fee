/**
 * Clients of redis, each on one TCP connection that it keeps: registers, counters, texts that grow, and claims that
 * only one may win. A connection that is lost, or a reply that is an error, is a fault.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs, type Operation } from '../history.ts';
import type { Random } from '../random.ts';
import { inTurns, type Load } from './load.ts';
import { RedisConnection, type Reply } from './resp.ts';

const PORT = 6379;
const CONNECT_MS = 1000;
/** By then the guest has booted. */
const SERVING_MS = 10 * 60_000;
/** An answer takes no longer than this, whatever happens; a connection without one is as good as lost. */
const ANSWER_MS = 60_000;
/** A text is left for the next one after this many turns of a client, a claim after these. */
const TEXT_TURNS = 200;
const CLAIM_TURNS = 10;

type Plan = Pick<Operation, 'key' | 'verb' | 'value'>;

export const redis: Load = async (options) => {
  const operations: Operation[] = [];
  const faults: string[] = [];
  const connections: RedisConnection[] = [];
  const first = await serving(options.address);
  connections.push(first);
  while (connections.length < options.clients) {
    connections.push(await RedisConnection.open(options.address, PORT, 10 * CONNECT_MS));
  }
  options.serving();
  await inTurns(options, async (who, random, count) => {
    const connection = connections[Number(who.slice(1))]!;
    if (!faults.some((fault) => fault.startsWith(who))) {
      await perform(connection, who, planOf(random, who, count), operations, faults);
    } else await sleep(100);
  });
  const keys = [...new Set(operations.map(({ key }) => key))];
  for (const key of keys) await perform(first, 'c0', { key, verb: 'get' }, operations, faults);
  for (const connection of connections) connection.close();
  return { operations, faults, duplicates: 0 };
};

/** Reads these keys once, from a redis that may still start. */
export function redisRead(keys: readonly string[]): Load {
  return async ({ address, serving: tell }) => {
    const connection = await serving(address);
    tell();
    const operations: Operation[] = [];
    const faults: string[] = [];
    for (const key of keys) await perform(connection, 'reader', { key, verb: 'get' }, operations, faults);
    connection.close();
    return { operations, faults, duplicates: 0 };
  };
}

/** Redis has loaded what it had, and answers. */
async function serving(address: string): Promise<RedisConnection> {
  for (const until = nowMs() + SERVING_MS; nowMs() < until; await sleep(200)) {
    try {
      const connection = await RedisConnection.open(address, PORT, CONNECT_MS);
      await connection.command('PING');
      return connection;
    } catch {
      // It boots, or loads.
    }
  }
  throw new Error('redis does not answer');
}

function planOf(random: Random, who: string, count: number): Plan {
  const chance = random.below(100);
  const value = `${who}-${count}`;
  if (chance < 40) {
    const key = `reg:${random.below(12)}`;
    return chance < 22 ? { key, verb: 'set', value } : { key, verb: 'get' };
  }
  if (chance < 65) return { key: `count:${random.below(6)}`, verb: chance < 57 ? 'incr' : 'get' };
  if (chance < 90) {
    const key = `text:${random.below(4)}.${Math.floor(count / TEXT_TURNS)}`;
    return chance < 82 ? { key, verb: 'append', value: `${value},` } : { key, verb: 'get' };
  }
  return { key: `claim:${Math.floor(count / CLAIM_TURNS)}`, verb: 'new', value };
}

async function perform(
  connection: RedisConnection,
  who: string,
  plan: Plan,
  operations: Operation[],
  faults: string[],
): Promise<void> {
  const start = nowMs();
  let late = true;
  const deadline = setTimeout(() => {
    if (late) connection.close();
  }, ANSWER_MS);
  try {
    const answer = answerText(await connection.command(...wordsOf(plan)));
    operations.push({ who, ...plan, start, end: nowMs(), answer });
  } catch (error) {
    operations.push({ who, ...plan, start });
    faults.push(`${who}: ${wordsOf(plan).join(' ')}: ${(error as Error).message}`);
  } finally {
    late = false;
    clearTimeout(deadline);
  }
}

function wordsOf({ key, verb, value = '' }: Plan): string[] {
  switch (verb) {
    case 'set':
      return ['SET', key, value];
    case 'new':
      return ['SET', key, value, 'NX'];
    case 'append':
      return ['APPEND', key, value];
    case 'incr':
      return ['INCR', key];
    default:
      return ['GET', key];
  }
}

/** As models.ts has it: a value is told by GET alone. */
function answerText(reply: Reply): string {
  if (reply === null) return 'none';
  return typeof reply === 'number' || reply === 'OK' ? String(reply) : `=${reply}`;
}

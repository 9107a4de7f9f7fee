/** Clients of samples/lock-server, who want the same few locks, keep them for a while and often forget to give back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Datagrams } from './datagrams.ts';
import { Asker, inTurns, type Load } from './load.ts';

const PORT = 7000;
const LOCKS = ['lock:0', 'lock:1', 'lock:2'];
const TIMEOUT_MS = 300;
const LEASE_MS = 500;
/** Of a hundred holders, how many give back before their lease is over. */
const GIVE_BACK = 60;

export const lock: Load = async (options) => {
  const datagrams = new Datagrams(options.address, PORT);
  const asker = new Asker(datagrams, TIMEOUT_MS);
  const take = { verb: 'lock', value: String(LEASE_MS) };
  await asker.certainly({ who: 'first', key: 'lock:0', verb: 'who' }, 'WHO lock:0', answerOf);
  options.serving();
  await inTurns(options, async (who, random) => {
    const key = random.pick(LOCKS);
    const answer = await asker.ask({ who, key, ...take }, `LOCK ${key} ${who} ${LEASE_MS}`, answerOf);
    if (answer !== 'GRANTED') return;
    await sleep(random.between(0, LEASE_MS / 8));
    if (random.below(100) < GIVE_BACK) await asker.ask({ who, key, verb: 'free' }, `FREE ${key} ${who}`, answerOf);
  });
  // Each lock is to be had again in the end: a lease that never ended would be asked for here for ever.
  for (const key of LOCKS) {
    const asked = { who: 'last', key, ...take };
    while ((await asker.certainly(asked, `LOCK ${key} last ${LEASE_MS}`, answerOf)) !== 'GRANTED') await sleep(20);
  }
  return { operations: asker.operations, faults: datagrams.faults, duplicates: datagrams.duplicates };
};

const answerOf = (wire: string): string | undefined => (/^(?:GRANTED|OK|NONE|HELD .+)$/.test(wire) ? wire : undefined);

/** Clients of samples/udp-kv: registers that are set, read and deleted. */
import { Datagrams } from './datagrams.ts';
import { type Asked, Asker, inTurns, type Load } from './load.ts';

const PORT = 7000;
const KEYS = Array.from({ length: 24 }, (_, i) => `reg:${i}`);
const TIMEOUT_MS = 300;

export const udpKv: Load = async (options) => {
  const datagrams = new Datagrams(options.address, PORT);
  const asker = new Asker(datagrams, TIMEOUT_MS);
  await asker.certainly({ who: 'first', key: 'reg:0', verb: 'get' }, 'GET reg:0', answerOf);
  options.serving();
  await inTurns(options, async (who, random, count) => {
    const key = random.pick(KEYS);
    const chance = random.below(100);
    const value = `${who}-${count}`;
    const asked: Asked =
      chance < 45 ? { who, key, verb: 'set', value } : { who, key, verb: chance < 92 ? 'get' : 'del' };
    await asker.ask(asked, questionOf(asked), answerOf);
  });
  for (const key of KEYS) await asker.certainly({ who: 'last', key, verb: 'get' }, `GET ${key}`, answerOf);
  return { operations: asker.operations, faults: datagrams.faults, duplicates: datagrams.duplicates };
};

const questionOf = ({ verb, key, value }: Asked): string =>
  [verb.toUpperCase(), key, ...(value === undefined ? [] : [value])].join(' ');

function answerOf(wire: string): string | undefined {
  if (wire === 'OK') return wire;
  if (wire === 'NONE') return 'none';
  return wire.startsWith('VALUE ') ? `=${wire.slice('VALUE '.length)}` : undefined;
}

/** Which orders a node refuses, and which failures of one end it: its own defects, nothing that an operator can say. */
import { expect, test } from 'vitest';
import { OperatorOrders, type OrdersParts } from '../../../src/host/ft/operator-orders.ts';

interface Trial {
  readonly orders: OperatorOrders;
  /** What the node has ended with. */
  readonly failures: readonly unknown[];
}

function orders(parts: { readonly [name in keyof OrdersParts]?: unknown }): Trial {
  const failures: unknown[] = [];
  const all = {
    elsewhere: () => undefined,
    powerOff: () => undefined,
    about: () => ({ pid: 7 }),
    failed: (error: unknown) => failures.push(error),
    ...parts,
  };
  return { orders: new OperatorOrders(all as unknown as OrdersParts), failures };
}

const broken = (): never => {
  throw new Error('an invariant does not hold');
};

test('words that are not understood are refused, and nothing is done', async () => {
  const { orders: node, failures } = orders({ shield: { protect: broken, move: broken } });
  for (const word of ['protect nonsense', 'move nonsense', 'protect tcp:h:99999'])
    await expect(node.answer(word), word).rejects.toMatchObject({ code: 'bad-value' });
  for (const word of ['share', 'share 0', 'share 101', 'share 1.5', 'share much'])
    await expect(node.answer(word), word).rejects.toMatchObject({ code: 'bad-share' });
  for (const word of ['', 'join', 'nonsense', '{']) expect(await node.answer(word), word).toEqual({ pid: 7 });
  expect(failures).toEqual([]);
});

test.each([
  ['protect tcp:127.0.0.1:1', { shield: { protect: broken } }],
  ['protect', { shield: { protect: broken } }],
  ['unprotect', { shield: { isAlone: true, unprotect: broken } }],
  ['move tcp:127.0.0.1:1', { shield: { moveObjection: broken } }],
  ['stop', { powerOff: broken }],
  ['leave', { leave: async () => broken() }],
  ['switch', { handover: { ordered: async () => broken() } }],
])('a defect in the node while it carries out %s is told to who asks, and ends the node', async (line, parts) => {
  const { orders: node, failures } = orders(parts);
  await expect(node.answer(line)).rejects.toThrow('an invariant does not hold');
  expect(failures).toMatchObject([{ message: 'an invariant does not hold' }]);
});

const ORDERS = ['switch', 'move tcp:h:1', 'protect tcp:h:1', 'protect', 'unprotect', 'join dir:/r'];

test.each([...ORDERS, 'reset', 'suspend', 'resume', 'share 40'])(
  '%s is refused where the guest does not live, with where it does, and nothing is done',
  async (line) => {
    const handover = { ordered: async (begin: () => string | undefined) => ({ refused: begin() }) };
    const shield = { switchOver: broken, moveObjection: broken, protect: broken, unprotect: broken };
    const { orders: node } = orders({ elsewhere: () => 'its primary is a on b', handover, shield, told: broken });
    expect(await node.answer(line)).toEqual({ refused: 'its primary is a on b' });
  },
);

test('a backup is not let go while nobody could tell who lives; who is alone needs nobody for that', async () => {
  const done: string[] = [];
  const unprotect = (): undefined => void done.push('unprotect');
  const away = { storageFault: async () => 'the storage cannot be reached' };
  const paired = orders({ ...away, shield: { isAlone: false, unprotect } }).orders;
  expect(await paired.answer('unprotect')).toEqual({ refused: 'the storage cannot be reached' });
  expect(done).toEqual([]);
  const alone = orders({ ...away, shield: { isAlone: true, unprotect } }).orders;
  expect(await alone.answer('unprotect')).toEqual({});
  expect(done).toEqual(['unprotect']);
});

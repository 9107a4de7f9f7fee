/** The majority's decisions in simulated worlds: safe under every fault, live when a majority answers. */
import { expect, test } from 'vitest';
import { BallotWorld, type Happening, RULES, type Rules } from './world.ts';

const SEED = Math.floor(Math.random() * 1e9);
const STEPS = 1500;
const ALL: readonly Happening[] = ['won', 'lost', 'read', 'free', 'refused', 'lost message', 'doubled', 'crash', 'cut'];

/** The shape of a world, by its seed: 3 or 5 acceptors (now and then 1, 2 or 4), 2 to 8 proposers. */
function world(seed: number, rules?: Rules): { readonly world: BallotWorld; readonly acceptors: number } {
  const acceptors = [3, 5, 3, 5, 1, 2, 4][seed % 7]!;
  return { world: new BallotWorld(seed, acceptors, 2 + (seed % 5) + (seed % 3), rules), acceptors };
}

test(`an epoch has one holder, what is said never goes back, and a majority decides; from seed ${SEED}`, () => {
  const happened = new Set<Happening>();
  for (let seed = SEED; seed < SEED + 250; seed++) {
    try {
      const { world: one, acceptors } = world(seed);
      one.run(STEPS);
      one.settle(0, Math.floor(acceptors / 2) + 1);
      one.settle(1, acceptors);
      for (const what of one.happened) happened.add(what);
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
  expect([...happened].sort()).toEqual([...ALL].sort());
});

test('without a majority nothing is decided', () => {
  for (const acceptors of [2, 3, 4, 5]) {
    const one = new BallotWorld(acceptors, acceptors, 2);
    expect(() => one.settle(0, Math.floor(acceptors / 2))).toThrow('decides nothing');
    one.settle(1, Math.floor(acceptors / 2) + 1);
  }
});

const MUTANTS: readonly (readonly [string, Partial<Rules>])[] = [
  ['an acceptor that forgets in a crash', { kept: () => ({}) }],
  ['an acceptor that forgets its promise in a crash', { kept: ({ promised, ...rest }) => rest }],
  ['half of the acceptors for a majority', { counted: (acceptors) => acceptors - 1 }],
  ['a promise that does not tell what was accepted', { promised: forgetful }],
  [
    'an acceptor that accepts below its promise',
    {
      answer: (state, request) => {
        if (request.kind !== 'accept') return RULES.answer(state, request);
        const { ballot, held } = request;
        return { state: { ...state, accepted: { ballot, held } }, reply: { kind: 'accepted', ballot } };
      },
    },
  ],
  [
    'an acceptor that promises again what it promised',
    {
      answer: (state, request) =>
        RULES.answer(request.kind === 'prepare' ? { ...state, promised: zero } : state, request),
    },
  ],
];
const zero = { round: 0, proposer: '' };

function forgetful(reply: Parameters<Rules['promised']>[0]): ReturnType<Rules['promised']> {
  return reply.kind === 'promise' ? { kind: 'promise', ballot: reply.ballot } : reply;
}

test.each(MUTANTS)(`%s is found out; from seed ${SEED}`, (_name, change) => {
  const found = Array.from({ length: 2000 }, (_, i) => SEED + i).some((seed) => {
    try {
      world(seed, { ...RULES, ...change }).world.run(STEPS);
      return false;
    } catch {
      return true;
    }
  });
  expect(found).toBe(true);
});

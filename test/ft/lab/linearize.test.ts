import { expect, test } from 'vitest';
import type { Operation } from './history.ts';
import { violations } from './linearize.ts';
import { modelOf } from './models.ts';
import { Random } from './random.ts';

/** `start-end verb value -> answer` for each; without an answer it is not known. */
function history(key: string, ...lines: readonly string[]): Operation[] {
  return lines.map((line, i) => {
    const [, start, end, verb, value, answer] = /^(\d+)-(\d*) (\w+)(?: ([\w,-]+))?(?: -> (.+))?$/.exec(line)!;
    return {
      who: `c${i}`,
      key,
      verb: verb!,
      start: Number(start),
      ...(value === undefined ? {} : { value }),
      ...(answer === undefined ? {} : { answer, end: Number(end) }),
    };
  });
}

const good = (key: string, ...lines: string[]): void => expect(violations(history(key, ...lines))).toEqual([]);
const bad = (key: string, ...lines: string[]): void =>
  expect(violations(history(key, ...lines))).toMatchObject([expect.stringContaining(key)]);

test('a register is read as it was last written', () => {
  good('reg:1', '1-2 set a -> OK', '3-4 get -> =a', '5-6 del -> OK', '7-8 get -> none', '9-10 del -> none');
  bad('reg:1', '1-2 set a -> OK', '3-4 get -> none');
  bad('reg:1', '1-2 set a -> OK', '3-4 set b -> OK', '5-6 get -> =a');
  bad('reg:1', '1-2 get -> =a', '3-4 set a -> OK');
});

test('operations at the same time may come in any order, but in one', () => {
  good('reg:1', '1-9 set a -> OK', '2-8 set b -> OK', '10-11 get -> =a');
  good('reg:1', '1-9 set a -> OK', '2-8 set b -> OK', '10-11 get -> =b');
  good('reg:1', '1-9 set a -> OK', '2-3 get -> none', '4-5 get -> =a');
  bad('reg:1', '1-9 set a -> OK', '2-3 get -> =a', '4-5 get -> none');
  bad('reg:1', '1-9 set a -> OK', '2-8 set b -> OK', '10-11 get -> =a', '12-13 get -> =b');
});

test('what was never answered has happened, late, or not at all', () => {
  good('reg:1', '1- set a', '2-3 get -> none', '4-5 get -> =a');
  good('reg:1', '1- set a', '2-3 get -> none', '4-5 set b -> OK', '6-7 get -> =b');
  good('reg:1', '1- set a', '4-5 set b -> OK', '6-7 get -> =a');
  bad('reg:1', '1- set a', '2-3 get -> =a', '4-5 set b -> OK', '6-7 get -> =a');
});

test('an acknowledged write that is lost with a takeover is found', () => {
  bad('reg:1', '1-2 set a -> OK', '3-4 set b -> OK', '5- set c', '9-10 get -> =a');
  bad('count:1', '1-2 incr -> 1', '3-4 incr -> 2', '5-6 incr -> 2');
  bad('text:1', '1-2 append a, -> 2', '3-4 append b, -> 4', '5-6 get -> =a,');
});

test('counters count each once', () => {
  good('count:1', '1-9 incr -> 2', '2-8 incr -> 1', '10-11 get -> =2');
  good('count:1', '1-2 get -> none', '3- incr', '4-5 incr -> 2');
  good('count:1', '3- incr', '4-5 incr -> 1');
  bad('count:1', '1-2 incr -> 1', '3-4 incr -> 3');
  bad('count:1', '1-2 incr -> 2', '3-4 incr -> 1');
  bad('count:1', '1-2 incr -> 1', '3-4 get -> =0');
});

test('texts grow in one order, which each read shows', () => {
  good('text:1', '1-9 append a, -> 4', '2-8 append b, -> 2', '10-11 get -> =b,a,');
  bad('text:1', '1-9 append a, -> 4', '2-8 append b, -> 2', '10-11 get -> =a,b,');
});

test('only one of many who claim has it', () => {
  good('claim:1', '1-9 new a -> none', '2-8 new b -> OK', '10-11 get -> =b');
  bad('claim:1', '1-2 new a -> OK', '3-4 new b -> OK');
  bad('claim:1', '1-2 new a -> none');
});

test('keys do not interfere, and each that is wrong is told', () => {
  const both = [...history('reg:1', '1-2 set a -> OK', '3-4 get -> none'), ...history('reg:2', '1-2 get -> none')];
  expect(violations(both)).toHaveLength(1);
});

const seed = Number(process.env.LOCKSTEP_SEED ?? Math.floor(Math.random() * 1e6));

/** What clients of a true machine see: each operation takes effect at a moment between its question and its answer. */
function machineHistory(random: Random, key: string, lengthMax: number): Operation[] {
  const model = modelOf(key);
  const verbs = { reg: ['set', 'get', 'get', 'del', 'new'], count: ['incr', 'get'], text: ['append', 'get'] };
  const ofKey = verbs[key.split(':')[0] as keyof typeof verbs];
  const asked = Array.from({ length: 1 + random.below(lengthMax) }, (_, i) => {
    const start = random.between(0, 100);
    const end = start + random.between(0, 20);
    return { who: `c${i}`, key, verb: random.pick(ofKey), value: `v${i}`, start, end, at: random.between(start, end) };
  });
  let state = model.initial;
  return asked
    .sort((a, b) => a.at - b.at)
    .map(({ at: _, ...operation }) => {
      const possible = ['OK', 'none', state, `=${state}`, String(Number(state) + 1)];
      possible.push(String(state.length + operation.value.length));
      const answer = possible.find((each) => model.step(state, { ...operation, answer: each }) !== undefined)!;
      state = model.step(state, { ...operation, answer })!;
      const { end, ...rest } = operation;
      // Some answers are lost.
      return random.below(10) === 0 ? rest : { ...rest, end, answer };
    });
}

/** By trying every order: the definition. */
function decidedByDefinition(operations: readonly Operation[], state: string): boolean {
  const open = operations.filter(({ answer }) => answer !== undefined);
  if (open.length === 0) return true;
  const firstEnd = Math.min(...open.map(({ end }) => end!));
  return operations.some((operation) => {
    const after = operation.start > firstEnd ? undefined : modelOf(operation.key).step(state, operation);
    return (
      after !== undefined &&
      decidedByDefinition(
        operations.filter((each) => each !== operation),
        after,
      )
    );
  });
}

test(`histories of a true machine are good (seed ${seed})`, () => {
  const random = new Random(seed);
  for (let round = 0; round < 300; round++) {
    const operations = machineHistory(random, random.pick(['reg:1', 'count:1', 'text:1']), 60);
    expect(violations(operations), JSON.stringify(operations)).toEqual([]);
  }
});

test(`histories with a changed answer are decided as by trying every order (seed ${seed})`, () => {
  const random = new Random(seed + 1);
  const verdicts = [0, 0];
  for (let round = 0; round < 500; round++) {
    const key = random.pick(['reg:1', 'count:1', 'text:1']);
    const operations = machineHistory(random, key, 7);
    const answers = operations.flatMap(({ answer, verb }) => (answer === undefined ? [] : [{ answer, verb }]));
    const i = random.below(operations.length);
    const { answer, verb } = operations[i]!;
    const others = answers.filter((each) => each.verb === verb && each.answer !== answer);
    if (answer !== undefined && others.length > 0)
      operations[i] = { ...operations[i]!, answer: random.pick(others).answer };
    const decided = decidedByDefinition(operations, modelOf(key).initial);
    verdicts[Number(decided)]!++;
    expect(violations(operations).length === 0, JSON.stringify(operations)).toBe(decided);
  }
  for (const count of verdicts) expect(count).toBeGreaterThan(50);
});

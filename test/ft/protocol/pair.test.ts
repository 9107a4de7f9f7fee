/** Both cores against each other and against everything that can happen between them, at random. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BackupState, PrimaryState } from '../../../src/ft/protocol/io.ts';
import { ACTIONS, type Action, PairWorld } from './pair-world.ts';

/** More of what goes well than of what does not, so that the worlds get somewhere. */
const WEIGHTS: { readonly [action in Action]?: number } = {
  frame: 8,
  output: 8,
  toBackup: 24,
  toPrimary: 24,
  execute: 8,
  tick: 10,
  wait: 3,
  beats: 6,
  connect: 6,
  decide: 3,
  answer: 3,
  order: 2,
  quiet: 4,
  settle: 4,
};

const HEALTHY = [
  'beats',
  'connect',
  'toBackup',
  'toPrimary',
  'execute',
  'quiet',
  'settle',
  'decide',
  'answer',
  'tick',
] as const;

const actions = fc.array(
  fc.oneof(...ACTIONS.map((action) => ({ weight: WEIGHTS[action] ?? 1, arbitrary: fc.constant(action) }))),
  { minLength: 20, maxLength: 150 },
);

/** Nobody waits for ever, and who has given up has done so because the other side won. */
function isGood(world: PairWorld, primary: PrimaryState, backup: BackupState): boolean {
  const lives = { primary: !world.isDead('primary'), backup: !world.isDead('backup') };
  if (lives.primary && lives.backup && primary === 'protected') return backup === 'following';
  const primaryGood = primary === 'alone' || primary === 'off' || (primary === 'halted' && world.winner === 'backup');
  // Without the first events there is no guest: the backup waits for another primary, or halts; or goes, if it is to.
  const isLetGo = world.backup.all.some((effect) => effect.kind === 'halt' && effect.why === 'letGo');
  const nothing =
    (backup === 'waiting' && world.heldByBackup < 0) ||
    (backup === 'halted' && (world.heldByBackup === 0 || (isLetGo && world.heldByBackup < 0)));
  const backupGood =
    backup === 'live' || backup === 'off' || nothing || (backup === 'halted' && world.winner === 'primary');
  return (!lives.primary || primaryGood) && (!lives.backup || backupGood);
}

test('whatever happens: Output Rule, order, no gap, one lives', () => {
  fc.assert(
    fc.property(actions, (list) => {
      const world = new PairWorld();
      for (const action of list) world.do(action);
    }),
    { numRuns: 1500 },
  );
});

test('when the faults stop, one side that is alive lives, or both go on', () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(actions, (list) => {
      const world = new PairWorld();
      for (const action of list) if (action !== 'diverge') world.do(action);
      for (let i = 0; i < 1500; i++) for (const action of HEALTHY) world.do(action);
      const [primary, backup] = [world.primary.core.state, world.backup.core.state];
      reached.add(`${primary}/${backup}`);
      if (world.handedOver) reached.add('handed over');
      expect(`${primary}/${backup}: ${isGood(world, primary, backup)}`).toContain('true');
    }),
    { numRuns: 200 },
  );
  // The worlds have got to all of these places, else the test would show little.
  for (const place of ['protected/following', 'off/off', 'handed over']) expect([...reached]).toContain(place);
  for (const state of ['alone', 'live']) expect([...reached].join(' ')).toContain(state);
});

test('a primary that dies: the backup gives out what was not, in order, without a gap', () => {
  const world = new PairWorld();
  const all = (list: readonly Action[]) => {
    for (const action of list) world.do(action);
  };
  all(['frame', 'output', 'toBackup', 'toBackup', 'toPrimary', 'toPrimary', 'toPrimary', 'output', 'toBackup']);
  expect(world.released.primary).toEqual([1]);
  all(['killPrimary', 'wait', 'wait', 'decide', 'answer', 'execute', 'execute']);
  expect(world.live).toEqual(['backup']);
  expect(world.released.backup).toEqual([1, 2]);
});

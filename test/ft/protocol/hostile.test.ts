/**
 * A peer that says whatever can be said, in any order and with any numbers. An error that a core throws ends its
 * process, as it means a defect here: nothing that comes over the channel may be one.
 */
import { expect, test } from 'vitest';
import type { BackupMessage, Message, PrimaryMessage } from '../../../src/ft/protocol/message.ts';
import { decodeMessage, encodeMessage } from '../../../src/ft/protocol/wire.ts';
import { tick } from '../../../src/lib/brands.ts';
import { FormatError } from '../../../src/logformat/errors.ts';
import { Random } from '../../sim/world/random.ts';
import { BackupSide, frame, lost, PrimarySide, surroundings, unknown, won } from './support.ts';

const WORLDS = 1500;
const STEPS = 60;

const sequence = (random: Random): number => random.pick([-1, 0, 1, 2, 3, 5, 9, 2 ** 31 - 1]);
const ms = (random: Random): number => random.pick([0, 1, 250, 3e9]);

function fromBackup(random: Random): BackupMessage {
  const kind = random.pick(['welcome', 'refuse', 'ack', 'ack', 'executed', 'executed', 'taken', 'diverged'] as const);
  switch (kind) {
    case 'welcome':
      return {
        kind,
        who: random.pick(['b', 'p', 'c', '']),
        host: random.pick(['host-b', 'host-p']),
        received: sequence(random),
      };
    case 'refuse':
      return { kind, reason: 'no' };
    case 'ack':
      return { kind, sequence: sequence(random) };
    case 'executed': {
      const at = tick(BigInt(random.pick([0, 1, 1000])));
      const leaves = random.chance(0.1) ? { leaves: true as const } : {};
      const links = random.chance(0.2) ? { links: random.chance(0.5) } : {};
      const [buffered, digests] = [random.pick([0, 1, 2 ** 31]), random.pick([0, 7])];
      return { kind, sequence: sequence(random), tick: at, buffered, digests, ...links, ...leaves };
    }
    case 'taken':
      return { kind, epoch: random.pick([0, 1, 2, 3, 2 ** 31]), stoodStillMs: ms(random) };
    case 'diverged':
      return { kind, report: 'it differs' };
  }
}

function fromPrimary(random: Random): PrimaryMessage {
  const kind = random.pick(['hello', 'frame', 'frame', 'frame', 'released', 'alive', 'yield'] as const);
  switch (kind) {
    case 'hello': {
      const [version, pair] = [random.pick([3, 3, 3, 4]), random.pick(['pair', 'pair', 'other'])];
      const [who, host] = [random.pick(['p', 'b', 'q']), random.pick(['host-p', 'host-b'])];
      const copy = random.chance(0.3) ? { copy: random.pick([0, 1, 2]) } : {};
      const epoch = random.pick([0, 1, 1, 2, 9]);
      return { kind, version, pair, epoch, who, host, first: sequence(random), surroundings, ...copy };
    }
    case 'frame': {
      const number = Math.max(0, sequence(random));
      const said = random.chance(0.9) ? number : sequence(random);
      const bytes = frame(number, random.chance(0.1) ? { last: number } : {});
      if (random.chance(0.1)) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
      return { kind, sequence: said, bytes };
    }
    case 'released':
      return {
        kind,
        released: { [random.pick(['uart', 'net', '__proto__'])]: BigInt(random.pick([0, 1, 9, 2 ** 40])) },
      };
    case 'alive':
      return { kind };
    case 'yield':
      return { kind, through: sequence(random), reason: 'why not', stoodStillMs: ms(random) };
  }
}

/** As it comes over the channel; undefined: it cannot be said, or is refused. */
function overTheWire<M extends Message>(message: M): M | undefined {
  try {
    return decodeMessage(encodeMessage(message)) as M;
  } catch (error) {
    if (error instanceof RangeError || error instanceof FormatError) return undefined;
    throw error;
  }
}

const answers = [won, lost, unknown];

test('a primary bears whatever its backup says', () => {
  const states = new Set<string>();
  for (let seed = 1; seed <= WORLDS; seed++) {
    const random = new Random(seed, 'hostile backup');
    const side = new PrimarySide();
    let [made, units] = [0, 0];
    side.connect();
    if (random.chance(0.8)) side.welcome();
    for (let step = 0; step < STEPS; step++) {
      const begun = side.all.some(({ kind }) => kind === 'begin');
      const what = random.below(12);
      if (what < 7) {
        const message = overTheWire(fromBackup(random));
        if (message !== undefined) side.hear(message, random.chance(0.9) ? side.connection : random.below(4));
      } else if (what === 7) side.pass(random.pick([1, 50, 700]));
      else if (what === 8 && begun) side.frame(made++);
      else if (what === 9 && made > 0) side.output(++units);
      else if (what === 10) side.close();
      else if (side.of('claim').length > 0) side.do(random.pick(answers)(2));
      const dialled = side.all.findLast((effect) => effect.kind === 'dial')?.connection ?? 0;
      if (dialled !== side.connection && random.chance(0.7)) {
        side.connection = dialled;
        side.do({ kind: 'connected', connection: dialled });
      }
      if (random.chance(0.02)) side.do({ kind: 'switch', reason: 'it is time' });
      for (const { kind } of side.effects) {
        if (kind === 'quiesce') side.do({ kind: 'quiet' });
        else if (kind === 'settle') side.do({ kind: 'settled' });
      }
      states.add(side.core.state);
    }
  }
  expect([...states].sort()).toEqual(expect.arrayContaining(['alone', 'claiming', 'halted', 'protected', 'seeking']));
});

test('a backup bears whatever its primary says', () => {
  const states = new Set<string>();
  for (let seed = 1; seed <= WORLDS; seed++) {
    const random = new Random(seed, 'hostile primary');
    const side = new BackupSide();
    let [units, executed] = [0, -1];
    for (let step = 0; step < STEPS; step++) {
      const what = random.below(12);
      if (what === 0) side.hello();
      else if (what < 8) {
        const message = overTheWire(fromPrimary(random));
        if (message !== undefined) side.hear(message, random.chance(0.9) ? side.connection : random.below(4));
      } else if (what === 8) side.pass(random.pick([1, 50, 700]));
      else if (what === 9) side.close();
      else if (what === 10) {
        const { received } = side.core.status.frames;
        if (executed < received) side.executed(++executed);
        if (executed >= 0) side.output(++units);
      } else if (side.all.some(({ kind }) => kind === 'claim')) side.do(random.pick(answers)(random.pick([1, 2, 10])));
      if (side.of('drain').length > 0) side.do({ kind: 'drained' });
      states.add(side.core.state);
    }
  }
  expect([...states].sort()).toEqual(expect.arrayContaining(['claiming', 'following', 'halted', 'live', 'waiting']));
});

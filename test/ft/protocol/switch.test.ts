/** A planned switch: what each side does on the way, and when anything is lost at each of its steps. */
import { describe, expect, test } from 'vitest';
import { tick } from '../../../src/lib/brands.ts';
import { BackupSide, lost, PrimarySide, settings, unknown, won } from './support.ts';

class Giver extends PrimarySide {
  /** With one frame and one output of it, which have left. */
  running(): this {
    return this.protect().frame(0).output(1).ack(0).executed(0);
  }

  /** What the backup says of its network cards. */
  links: boolean | undefined;

  /** The backup asks to be let go. */
  leaves = false;

  executed(sequence: number): this {
    const links = this.links === undefined ? {} : { links: this.links };
    const said = { ...links, ...(this.leaves ? { leaves: true as const } : {}) };
    return this.hear({ kind: 'executed', sequence, tick: tick(sequence + 1), buffered: 0, digests: 0, ...said });
  }

  override live(ms: number): this {
    const from = this.all.length;
    for (const until = this.now + ms; this.now < until; )
      this.pass(Math.min(50, until - this.now))
        .beat()
        .executed(this.core.status.frames.executed);
    this.effects = this.all.slice(from);
    return this;
  }

  order(): this {
    return this.do({ kind: 'switch', reason: 'asked for' });
  }

  /** The guest's last frame before it stands still, acknowledged and executed. */
  drained(): this {
    return this.frame(1).do({ kind: 'quiet' }).ack(1).executed(1);
  }

  yielded(): this {
    return this.running().order().drained().do({ kind: 'settled' });
  }
}

class Taker extends BackupSide {
  running(): this {
    this.do({ kind: 'links', up: true });
    return this.hello().frame(0).frame(1).executed(1);
  }

  invited(): this {
    return this.running().hear({ kind: 'yield', through: 1, reason: 'asked for', stoodStillMs: 5 });
  }
}

describe('the primary', () => {
  test('brings its guest to a stop, waits for the backup and for its devices, and yields', () => {
    const side = new Giver().running().order();
    expect(side.kinds).toEqual(['notice', 'quiesce']);
    expect(side.core.state).toBe('switching');
    expect(side.frame(1).output(2).released).toEqual([]);
    expect(side.do({ kind: 'quiet' }).kinds).toEqual([]);
    expect(side.ack(1).released).toEqual(['uart2']);
    expect(side.of('settle')).toEqual([]);
    side.pass(7);
    expect(side.executed(1).kinds).toEqual(['settle']);
    side.do({ kind: 'settled' });
    // What has left is told before the backup may claim.
    expect(side.said).toEqual([
      { kind: 'released', released: { uart: 2n } },
      { kind: 'yield', through: 1, reason: 'asked for', stoodStillMs: 7 },
    ]);
    expect(side.core.state).toBe('yielded');
  });

  test('ends as planned when the backup has taken the guest, without a claim of its own', () => {
    const side = new Giver().yielded().live(3000);
    expect(side.of('claim')).toEqual([]);
    side.hear({ kind: 'taken', epoch: 2, stoodStillMs: 31 });
    expect(side.of('halt')).toEqual([{ kind: 'halt', why: 'handedOver', holder: 'b', stoodStillMs: 31 }]);
    expect(side.core.state).toBe('halted');
    expect(side.all.filter(({ kind }) => kind === 'claim')).toEqual([]);
  });

  test.each([
    ['has no backup', (side: Giver) => side.connect()],
    ['is being left by its backup', (side: Giver) => side.running().close()],
    ['has a backup that is behind', (side: Giver) => side.running().frame(1).live(150)],
    ['is off', (side: Giver) => side.running().frame(1, { last: 1 })],
    ['is at it already', (side: Giver) => side.running().order()],
  ])('does nothing on an order while it %s', (_, prepare) => {
    const side = prepare(new Giver());
    const { state } = side.core;
    expect(side.core.switchObjection).toBeDefined();
    side.order();
    expect(side.of('quiesce')).toEqual([]);
    expect(side.core.state).toBe(state);
  });

  test.each([
    ['the guest', (side: Giver) => side],
    ['the backup', (side: Giver) => side.frame(1).do({ kind: 'quiet' }).ack(1)],
    ['a device', (side: Giver) => side.drained()],
  ])('calls it off when %s does not come to rest, and goes on', (who, prepare) => {
    const side = prepare(new Giver().running().order());
    side.live(600);
    expect(side.of('resume')[0]?.reason).toContain(`${who} took more than`);
    expect(side.core.state).toBe('protected');
    expect(side.all.some((effect) => effect.kind === 'send' && effect.message.kind === 'yield')).toBe(false);
    // What comes late changes nothing, and the next order is a new one.
    expect(side.do({ kind: 'settled' }).kinds).toEqual([]);
    side.executed(side.core.status.frames.handed).order();
    expect(side.core.state).toBe('switching');
  });

  test('calls it off when its guest powers off on the way', () => {
    const side = new Giver().running().order().frame(1, { last: 1 });
    expect(side.kinds).toContain('resume');
    side.ack(1);
    expect(side.kinds).toContain('off');
  });

  test('a backup that is lost before it was told: claims, and its guest goes on when it has won', () => {
    const side = new Giver().running().order().drained().close().pass(200);
    expect(side.of('claim')).toHaveLength(1);
    side.do(won());
    expect(side.kinds).toEqual(['live', 'resume', 'notice']);
    expect(new Giver().running().order().close().pass(200).do(lost()).of('halt')).toMatchObject([{ why: 'lost' }]);
  });

  test('a backup that is lost after it was told: the arbiter says who lives, however often it must be asked', () => {
    const side = new Giver().yielded().close().pass(200);
    expect(side.of('claim')).toHaveLength(1);
    expect(side.do(unknown()).pass(1000).of('claim').length).toBeGreaterThan(0);
    expect(side.do(won()).kinds).toEqual(['live', 'resume', 'notice']);
    expect(side.core.state).toBe('alone');
    const other = new Giver().yielded().close().pass(200).do(lost());
    expect(other.of('halt')).toMatchObject([{ why: 'handedOver', holder: 'other' }]);
  });

  test('says it again on a new connection, and gives out nothing more', () => {
    const side = new Giver().yielded().frame(2).output(3);
    expect(side.kinds).toEqual([]);
    side.close().connect().welcome(1);
    expect(side.said.at(-1)).toMatchObject({ kind: 'yield', through: 2 });
    expect(side.released).toEqual([]);
  });

  test('leaves by itself when its clients are lost here and not there, and not soon again', () => {
    const side = new Giver({ linkLostMs: 1000, switchEveryMs: 5000 }).running();
    side.links = true;
    side.live(6000);
    expect(side.of('quiesce')).toEqual([]);
    side.do({ kind: 'links', up: false }).live(900);
    expect(side.core.state).toBe('protected');
    side.live(200);
    expect(side.of('notice')[0]?.text).toContain('the network of its clients is lost here');
    // It comes to nothing: the next attempt is five seconds away.
    const { length } = side.all;
    side.live(4500);
    expect(side.all.slice(length).filter(({ kind }) => kind === 'quiesce')).toEqual([]);
    expect(side.live(1000).of('quiesce')).toHaveLength(1);
  });

  test.each([
    ['are lost there too', false],
    ['are not known there', undefined],
  ])('stays when its clients are lost here and %s', (_, links) => {
    const side = new Giver({ switchEveryMs: 1 }).running();
    side.links = links;
    side.do({ kind: 'links', up: false }).live(5000);
    expect(side.of('quiesce')).toEqual([]);
  });
});

describe('a backup that is to be elsewhere', () => {
  test('is let go when the primary has the next epoch, and not before', () => {
    const side = new Giver().running().do({ kind: 'letGo' });
    expect(side.kinds).toEqual(['notice', 'claim']);
    expect(side.of('notice')[0]?.text).toBe('the backup b is let go: claiming epoch 2');
    expect(side.output(2).do(won()).kinds).toEqual(['disconnect', 'live', 'release']);
    expect(side.core.state).toBe('alone');
  });

  test('asks for it itself when its host is to be empty', () => {
    const giver = new Giver().running();
    giver.leaves = true;
    giver.executed(0);
    expect(giver.of('notice')[0]?.text).toBe('the backup b is let go: claiming epoch 2');
    expect(giver.do(won()).core.state).toBe('alone');
    const taker = new Taker().running().do({ kind: 'leave' }).pass(20);
    expect(taker.said.at(-1)).toMatchObject({ kind: 'executed', leaves: true });
    expect(taker.core.state).toBe('following');
    taker.close().pass(600).do(lost());
    expect(taker.effects.at(-1)).toEqual({ kind: 'halt', why: 'letGo', holder: 'other' });
  });

  test('takes over, though it was to leave, when its primary is lost and cannot let it go', () => {
    const side = new Taker().running().do({ kind: 'leave' }).pass(2000);
    expect(side.do(won()).core.state).toBe('draining');
    expect(side.do({ kind: 'drained' }).core.state).toBe('live');
  });

  test('may have claimed itself: the primary halts then, as ever', () => {
    const side = new Giver().running().do({ kind: 'letGo' }).do(lost());
    expect(side.kinds).toEqual(['disconnect', 'halt']);
  });
});

describe('the backup', () => {
  test('claims when it is told to, keeps the channel open, and says when the guest lives', () => {
    const side = new Taker().invited();
    expect(side.kinds).toEqual(['notice', 'claim']);
    side.pass(250);
    expect(side.said.map(({ kind }) => kind)).toContain('executed');
    expect(side.of('heartbeat').length).toBeGreaterThan(0);
    expect(side.do(won()).kinds).toEqual(['drain']);
    side.pass(10).do({ kind: 'drained' });
    expect(side.kinds).toEqual(['live', 'send', 'disconnect', 'goLive']);
    expect(side.said).toEqual([{ kind: 'taken', epoch: 2, stoodStillMs: 265 }]);
    expect(side.core.status.handover).toEqual({ reason: 'asked for', stoodStillMs: 265 });
  });

  test('is told more than once, and asks the arbiter once', () => {
    const side = new Taker().invited();
    side.hear({ kind: 'yield', through: 1, reason: 'asked for', stoodStillMs: 9 });
    expect(side.kinds).toEqual([]);
    side.close().hello();
    expect(side.said).toMatchObject([{ kind: 'welcome', received: 1 }]);
    side.hear({ kind: 'yield', through: 1, reason: 'asked for', stoodStillMs: 50 });
    expect(side.of('claim')).toEqual([]);
    side.do(won()).do({ kind: 'drained' });
    expect(side.said.map(({ kind }) => kind)).toEqual(['taken']);
  });

  test.each([
    ['another place than it holds', (side: Taker) => side.running(), 2],
    ['a guest that is off', (side: Taker) => side.running().frame(2, { last: 2 }), 2],
    ['no guest', (side: Taker) => side.hello().frame(0), 0],
  ])('does not claim when it is told of %s', (_, prepare, through) => {
    const side = prepare(new Taker()).hear({ kind: 'yield', through, reason: 'asked for', stoodStillMs: 0 });
    expect(side.kinds).toContain('disconnect');
    expect(side.of('claim')).toEqual([]);
  });

  test('takes no frame after it was told', () => {
    const side = new Taker().invited().frame(2);
    expect(side.kinds).toEqual(['disconnect']);
    expect(side.of('feed')).toEqual([]);
  });

  test('goes on to claim when the primary dies on the way, and halts when that one has won', () => {
    const side = new Taker().invited().do(unknown()).close().pass(1000);
    expect(side.of('claim').length).toBeGreaterThan(0);
    side.do(lost());
    expect(side.of('halt')).toEqual([{ kind: 'halt', why: 'lost', holder: 'other' }]);
  });

  test('tells whether its network cards have their peers', () => {
    const side = new Taker().running().pass(10);
    const links = () => side.said.flatMap((message) => (message.kind === 'executed' ? [message.links] : [])).at(-1);
    expect(links()).toBe(true);
    side.do({ kind: 'links', up: false }).pass(10);
    expect(links()).toBe(false);
    expect(new BackupSide().hello().frame(0).pass(110).said.at(-1)).not.toHaveProperty('links');
  });
});

test('settings without sense are refused', () => {
  const wrong = { ...settings('p'), linkLostMs: 0 };
  expect(() => new PrimarySide(wrong)).toThrow('linkLostMs');
});

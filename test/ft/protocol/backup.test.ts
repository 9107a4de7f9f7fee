/** The backup's table, row by row: what each event does in each state, and what it must not do. */
import { describe, expect, test } from 'vitest';
import { BackupSide, frame, lost, surroundings, unknown, won } from './support.ts';

const following = () => new BackupSide().hello().frame(0).frame(1);
const claiming = () => following().output(1).close().pass(150);
const draining = () => claiming().do(won());

describe('waiting', () => {
  test('never suspects', () => {
    const side = new BackupSide().pass(60_000);
    expect(side.all).toEqual([]);
    expect(side.core.deadline).toBeUndefined();
  });

  test('welcomes its primary', () => {
    const side = new BackupSide().hello();
    expect(side.said[0]).toEqual({ kind: 'welcome', who: 'b', host: 'host-b', received: -1 });
    expect(side.core.state).toBe('following');
  });

  test.each([
    ['another version', { version: 1 }],
    ['another pair', { pair: 'x' }],
    ['another epoch', { epoch: 2 }],
    ['the same host', { host: 'host-b' }],
    ['its own name', { who: 'b' }],
    ['a log without its beginning', { first: 1 }],
  ])('refuses %s', (_, changes) => {
    const side = new BackupSide().hello(changes);
    expect(side.kinds).toEqual(['send', 'disconnect']);
    expect(side.said[0]!.kind).toBe('refuse');
    expect(side.core.state).toBe('waiting');
  });

  test('who says something else first is shown out', () => {
    const side = new BackupSide().do({ kind: 'connected', connection: 1 }).hear({ kind: 'alive' }, 1);
    expect(side.kinds).toEqual(['disconnect']);
  });

  test('silent connections are not kept without limit', () => {
    const side = new BackupSide();
    for (let i = 1; i <= 20; i++) side.do({ kind: 'connected', connection: i });
    expect(side.all).toHaveLength(12);
  });
});

describe('following', () => {
  test('a frame is fed, then acknowledged, whether or not the guest executes', () => {
    const side = new BackupSide().hello().frame(0);
    expect(side.kinds.slice(0, 3)).toEqual(['follow', 'feed', 'send']);
    expect(side.of('follow')).toEqual([{ kind: 'follow', surroundings }]);
    expect(side.said[0]).toEqual({ kind: 'ack', sequence: 0 });
    side.frame(1);
    expect(side.kinds.slice(0, 2)).toEqual(['feed', 'send']);
    expect(side.of('feed')).toEqual([{ kind: 'feed', sequence: 1, bytes: frame(1) }]);
  });

  const damaged = frame(2);
  damaged[9]! ^= 4;
  test.each([
    ['damaged', 2, damaged],
    ['cut', 2, frame(2).subarray(0, 8)],
    ['doubled', 1, frame(1)],
    ['out of order', 3, frame(3)],
    ['under another number', 2, frame(3)],
  ])('a frame that is %s is not applied and not acknowledged: the channel is closed', (_, sequence, bytes) => {
    const side = following().hear({ kind: 'frame', sequence, bytes });
    expect(side.kinds).toEqual(['disconnect']);
    expect(side.core.status.frames.received).toBe(1);
    side.hello();
    expect(side.said[0]).toMatchObject({ kind: 'welcome', received: 1 });
    expect(side.frame(2).kinds[0]).toBe('feed');
  });

  test('a new connection of the primary replaces the old one, whose messages count no more', () => {
    const side = following();
    const old = side.connection;
    side.hello({ first: 1 });
    expect(side.of('disconnect')).toMatchObject([{ connection: old }]);
    expect(side.hear({ kind: 'frame', sequence: 2, bytes: frame(2) }, old).effects).toEqual([]);
    expect(side.close(old).effects).toEqual([]);
    expect(side.frame(2).kinds[0]).toBe('feed');
  });

  test('a primary that says hello once more on its connection is told what is held', () => {
    const side = following();
    const hello = { version: 3, pair: 'pair', epoch: 1, who: 'p', host: 'host-p', first: 1, surroundings } as const;
    expect(side.hear({ kind: 'hello', ...hello }).said).toMatchObject([{ kind: 'welcome', received: 1 }]);
    expect(side.frame(2).kinds[0]).toBe('feed');
    expect(side.hear({ kind: 'hello', ...hello, who: 'x' }).kinds).toEqual(['disconnect']);
  });

  test('another primary is refused, and disturbs nothing', () => {
    const side = following();
    const connection = side.connection;
    side.hello({ who: 'x' });
    expect(side.said[0]!.kind).toBe('refuse');
    side.connection = connection;
    expect(side.frame(2).kinds[0]).toBe('feed');
  });

  test('a primary that no longer keeps what is missing here is refused', () => {
    expect(following().close().hello({ first: 3 }).said[0]!.kind).toBe('refuse');
  });

  test('tells how far its guest is, at once and then every 10 ms at most, and when nothing happens', () => {
    const side = following().pass(50).executed(0);
    expect(side.said).toMatchObject([{ kind: 'executed', sequence: 0, tick: 0n }]);
    expect(side.executed(1).said).toEqual([]);
    expect(side.pass(10).said).toMatchObject([{ kind: 'executed', sequence: 1, buffered: 0 }]);
    side.pass(300);
    expect(side.said).toHaveLength(3);
    expect(side.of('heartbeat').length).toBeGreaterThanOrEqual(3);
    side.pass(50).hear({ kind: 'alive' });
    expect(side.said).toMatchObject([{ kind: 'executed' }]);
  });

  test('its heartbeats go to where the newest of its primary came from, and to nobody who repeats an old one', () => {
    const side = following();
    const [home, moved, thief] = [{}, {}, {}];
    const heartbeat = { pair: 'pair', epoch: 1, who: 'p', count: 5 };
    const to = () => side.pass(100).of('heartbeat').at(-1)?.to;
    expect(to()).toBeUndefined();
    side.do({ kind: 'heartbeat', heartbeat, from: home });
    expect(to()).toBe(home);
    side.do({ kind: 'heartbeat', heartbeat, from: thief });
    side.do({ kind: 'heartbeat', heartbeat: { ...heartbeat, who: 'b', count: 9 }, from: thief });
    side.do({ kind: 'heartbeat', heartbeat: { ...heartbeat, epoch: 0, count: 9 }, from: thief });
    expect(to()).toBe(home);
    side.do({ kind: 'heartbeat', heartbeat: { ...heartbeat, count: 6 }, from: moved });
    expect(to()).toBe(moved);
  });

  test('stops reading while too much is not executed, and that silence is not held against the primary', () => {
    const side = new BackupSide({ receiveBufferBytes: 1000 }).hello().frame(0).frame(1, { sizeBytes: 1200 });
    expect(side.of('reading')).toMatchObject([{ reading: false }]);
    for (let i = 0; i < 20; i++) side.pass(100).beat();
    expect(side.core.state).toBe('following');
    expect(side.executed(0).of('reading')).toEqual([]);
    expect(side.executed(1).of('reading')).toMatchObject([{ reading: true }]);
    side.live(1000);
    expect(side.core.state).toBe('following');
    for (let i = 0; i < 7; i++) side.pass(100).beat();
    expect(side.core.status.detected).toBe('channel-silent');
  });

  test('outputs do not leave, and are dropped when the primary has released them', () => {
    const side = following().output(1).output(2).output(3).output(1, 'net');
    expect(side.core.status.heldOutputs).toBe(4);
    side.hear({ kind: 'released', released: { uart: 2n } });
    expect(side.core.status).toMatchObject({ heldOutputs: 2, droppedOutputs: 2 });
    side
      .hear({ kind: 'released', released: { uart: 4n } })
      .output(4)
      .output(5);
    expect(side.core.status).toMatchObject({ heldOutputs: 2, droppedOutputs: 4 });
    expect(side.all.some(({ kind }) => kind === 'release')).toBe(false);
  });

  test.each([
    ['a channel that does not come back', 'channel-closed', (side: BackupSide) => side.close().pass(150)],
    ['silence', 'channel-silent', (side: BackupSide) => side.pass(600)],
    [
      'silence of the heartbeats',
      'heartbeats-silent',
      (side: BackupSide) => {
        for (let i = 0; i < 13; i++) side.pass(50).hear({ kind: 'alive' });
      },
    ],
  ] as const)('%s is a failure: the next epoch is claimed, nothing is released', (_, cause, fail) => {
    const side = following().output(1);
    fail(side);
    expect(side.core.state).toBe('claiming');
    expect(side.core.status.detected).toBe(cause);
    expect(side.all.filter(({ kind }) => kind === 'claim')).toEqual([{ kind: 'claim', epoch: 2 }]);
    expect(side.all.some(({ kind }) => kind === 'release' || kind === 'live' || kind === 'drain')).toBe(false);
  });

  test('a primary lost before its first frame leaves nothing to take over: another may come', () => {
    const side = new BackupSide().hello().close().pass(1500);
    expect(side.core.state).toBe('waiting');
    expect(side.all.some(({ kind }) => kind === 'claim')).toBe(false);
    expect(side.hello({ who: 'q' }).frame(0).kinds.slice(0, 2)).toEqual(['follow', 'feed']);
  });

  test('a primary lost before the guest has begun leaves nothing to take over: no claim, and it halts', () => {
    const side = new BackupSide().hello().frame(0).close().pass(600);
    expect(side.core.state).toBe('following');
    side.hello().close().pass(1500);
    expect(side.core.state).toBe('halted');
    expect(side.all.at(-1)).toMatchObject({ kind: 'halt', why: 'forgotten' });
    expect(side.all.some(({ kind }) => kind === 'claim')).toBe(false);
  });

  test('a backup that stood still looks at what has come before it judges', () => {
    const side = following();
    side.now += 900;
    expect(side.do({ kind: 'time' }).of('claim')).toEqual([]);
    side.frame(2).beat().live(1000);
    expect(side.core.state).toBe('following');
    side.now += 900;
    side.do({ kind: 'time' }).pass(60);
    expect(side.core.state).toBe('claiming');
  });

  test('a backup that is always late judges all the same', () => {
    const side = following();
    for (const ms of [900, 200]) {
      side.now += ms;
      side.do({ kind: 'time' });
    }
    expect(side.core.state).toBe('claiming');
  });

  test('diverged: says so, never claims', () => {
    const side = following().do({ kind: 'diverged', report: 'r2' });
    expect(side.kinds).toEqual(['send', 'disconnect', 'halt']);
    expect(side.said).toEqual([{ kind: 'diverged', report: 'r2' }]);
    expect(side.pass(60_000).effects).toEqual([]);
  });

  test('the end of the log: never claims, goes off when its guest has come to it', () => {
    const side = following().output(1).frame(2, { last: 2 });
    expect(side.said[0]).toEqual({ kind: 'ack', sequence: 2 });
    side.close().pass(60_000);
    expect(side.core.state).toBe('following');
    expect(side.all.some(({ kind }) => kind === 'claim' || kind === 'release')).toBe(false);
    expect(side.hello({ first: 0 }).said[0]).toMatchObject({ kind: 'welcome', received: 2 });
    expect(side.do({ kind: 'off' }).kinds).toEqual(['disconnect', 'off']);
    expect(side.core.deadline).toBeUndefined();
  });

  test('frames after the end are an error', () => {
    expect(following().frame(2, { last: 2 }).frame(3).kinds).toEqual(['disconnect']);
  });

  test('a guest that is off before the end is here: off when it comes, or when the primary is lost', () => {
    const before = following().do({ kind: 'off' });
    expect(before.core.state).toBe('following');
    expect(before.frame(2, { last: 2 }).kinds).toEqual(['feed', 'send', 'disconnect', 'off']);
    const alone = following().do({ kind: 'off' }).close().pass(150);
    expect(alone.core.state).toBe('off');
    expect(alone.all.some(({ kind }) => kind === 'claim')).toBe(false);
  });
});

describe('claiming', () => {
  test('takes no frame any more and refuses the primary', () => {
    const side = claiming().hello({ first: 2 });
    expect(side.said[0]!.kind).toBe('refuse');
    expect(side.frame(2).effects).toEqual([]);
    expect(side.core.status.frames.received).toBe(1);
  });

  test('won: drains first; lives only when everything is executed', () => {
    const side = claiming().do(won());
    expect(side.kinds).toEqual(['drain']);
    expect(side.core.state).toBe('draining');
    expect(side.executed(1).output(2).effects).toEqual([]);
    side.do({ kind: 'drained' });
    expect(side.kinds).toEqual(['live', 'release', 'release', 'goLive']);
    expect(side.effects[0]).toEqual({ kind: 'live', epoch: 2 });
    expect(side.released).toEqual(['uart1', 'uart2']);
    expect(side.core.status).toMatchObject({ state: 'live', epoch: 2 });
  });

  test('lost: halts, and nothing ever leaves', () => {
    const side = claiming().do(lost());
    expect(side.effects).toEqual([{ kind: 'halt', why: 'lost', holder: 'other' }]);
    side.output(2).do(won()).do({ kind: 'drained' });
    expect(side.all.some(({ kind }) => kind === 'release' || kind === 'live')).toBe(false);
    expect(side.core.deadline).toBeUndefined();
  });

  test('unknown: the same question for ever, said to the operator once', () => {
    const side = claiming();
    const from = side.all.length;
    for (let i = 0; i < 50; i++) expect(side.do(unknown()).pass(200).effects).toEqual([{ kind: 'claim', epoch: 2 }]);
    expect(side.all.slice(from).filter(({ kind }) => kind === 'notice')).toHaveLength(1);
    expect(side.core.state).toBe('claiming');
  });

  test('what it was fed goes on being executed', () => {
    expect(claiming().executed(1).core.status.frames.executed).toBe(1);
  });

  test('diverged meanwhile: halts, and the answer changes nothing', () => {
    const side = claiming().do({ kind: 'diverged', report: 'r2' }).do(won());
    expect(side.core.state).toBe('diverged');
    expect(side.all.some(({ kind }) => kind === 'drain')).toBe(false);
  });

  test('the guest is off meanwhile: won releases what is held, and is off', () => {
    const side = claiming().do({ kind: 'off' });
    expect(side.core.state).toBe('claiming');
    expect(side.do(won()).kinds).toEqual(['live', 'release', 'off']);
    expect(claiming().do({ kind: 'off' }).do(lost()).kinds).toEqual(['halt']);
  });
});

describe('draining', () => {
  test('diverged: never live', () => {
    const side = draining().do({ kind: 'diverged', report: 'r2' }).do({ kind: 'drained' });
    expect(side.core.state).toBe('diverged');
    expect(side.all.some(({ kind }) => kind === 'live' || kind === 'release')).toBe(false);
  });

  test('a second answer changes nothing', () => {
    expect(draining().do(lost()).do(won()).core.state).toBe('draining');
  });

  test('a report of the primary that comes late drops nothing', () => {
    const side = draining()
      .hear({ kind: 'released', released: { uart: 9n } })
      .do({ kind: 'drained' });
    expect(side.released).toEqual(['uart1']);
  });

  test('the guest turns out to be off: what is held leaves, then off', () => {
    expect(draining().do({ kind: 'off' }).kinds).toEqual(['live', 'release', 'off']);
  });
});

describe('live', () => {
  test('outputs leave at once, the end is the end, the old primary is refused', () => {
    const side = draining().do({ kind: 'drained' });
    expect(side.output(2).released).toEqual(['uart2']);
    expect(side.hello({ first: 2 }).said[0]!.kind).toBe('refuse');
    expect(side.do({ kind: 'off' }).kinds).toEqual(['off']);
  });
});

test('a guest that executes what it was not given is a defect, and told', () => {
  expect(() => following().executed(2)).toThrow('executed');
});

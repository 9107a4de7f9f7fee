/** The primary's table, row by row: what each event does in each state, and what it must not do. */
import { describe, expect, test } from 'vitest';
import { lost, PrimarySide, surroundings, unknown, won } from './support.ts';

const claiming = () => {
  const side = new PrimarySide().protect().frame(0).output(1);
  return side.pass(600);
};

describe('seeking', () => {
  test('dials at once, then every 100 ms, never two connections under one name', () => {
    const side = new PrimarySide().pass(0);
    const dialled = [];
    for (let i = 0; i < 3; i++) {
      dialled.push([side.now, ...side.of('dial').map(({ connection }) => connection)]);
      side.do({ kind: 'closed', connection: i + 1, reason: 'refused' }).pass(100);
    }
    expect(dialled).toEqual([
      [0, 1],
      [100, 2],
      [200, 3],
    ]);
  });

  test('an attempt without an answer is given up', () => {
    const side = new PrimarySide().pass(0).pass(500);
    expect(side.kinds).toEqual(['disconnect', 'dial']);
  });

  test('says hello first, and begins once it is welcome', () => {
    const side = new PrimarySide().connect();
    const identity = { pair: 'pair', epoch: 1, who: 'p', host: 'host-p' };
    expect(side.said).toEqual([{ kind: 'hello', version: 3, ...identity, first: 0, surroundings }]);
    expect(side.core.state).toBe('seeking');
    side.welcome();
    expect(side.kinds[0]).toBe('begin');
    expect(side.core.state).toBe('protected');
  });

  test.each([
    ['a backup that refuses', { kind: 'refuse', reason: 'no' }],
    ['a backup on the same host', { kind: 'welcome', who: 'b', host: 'host-p', received: -1 }],
    ['itself', { kind: 'welcome', who: 'p', host: 'host-b', received: -1 }],
  ] as const)('%s ends it before the guest has begun', (_, message) => {
    const side = new PrimarySide().connect().hear(message);
    expect(side.kinds).toEqual(['disconnect', 'halt']);
    expect(side.core.state).toBe('halted');
    expect(side.core.deadline).toBeUndefined();
  });

  test('the same host will do for a trial', () => {
    const side = new PrimarySide({ sameHost: true, host: 'host-b' }).protect();
    expect(side.core.state).toBe('protected');
  });

  test('never suspects: there is nobody', () => {
    const side = new PrimarySide().pass(60_000);
    expect(new Set(side.kinds)).toEqual(new Set(['dial', 'disconnect']));
  });
});

describe('protected', () => {
  test('a frame is sent at once, an output waits for the acknowledgement of every frame before it', () => {
    const side = new PrimarySide().protect().frame(0);
    expect(side.said).toMatchObject([{ kind: 'frame', sequence: 0 }]);
    side.output(1).frame(1).output(2);
    expect(side.of('release')).toEqual([]);
    expect(side.ack(0).released).toEqual(['uart1']);
    expect(side.ack(1).released).toEqual(['uart2']);
    expect(side.output(3).released).toEqual(['uart3']);
  });

  test('outputs leave in order, whatever device they are from', () => {
    const side = new PrimarySide().protect().frame(0).output(1, 'a').output(1, 'b').output(2, 'a');
    expect(side.ack(0).released).toEqual(['a1', 'b1', 'a2']);
  });

  test('an acknowledgement that comes over an older connection counts for nothing', () => {
    const side = new PrimarySide().protect().frame(0).output(1);
    const old = side.connection;
    side.close().connect().hear({ kind: 'ack', sequence: 0 }, old);
    expect(side.of('release')).toEqual([]);
    expect(side.welcome(-1).of('release')).toEqual([]);
    expect(side.ack(0).released).toEqual(['uart1']);
  });

  test.each([
    ['of a frame that was never sent', 5],
    ['that goes back', 0],
  ])('an acknowledgement %s closes the channel and releases nothing', (_, sequence) => {
    const side = new PrimarySide().protect().frame(0).frame(1).frame(2).ack(1).output(1).ack(sequence);
    expect(side.kinds[0]).toBe('disconnect');
    expect(side.of('release')).toEqual([]);
    expect(side.core.state).toBe('protected');
  });

  test('after a reconnection the frames that the backup lacks are sent again, in order', () => {
    const side = new PrimarySide().protect();
    for (let i = 0; i < 5; i++) side.frame(i).output(i);
    side.ack(0).close();
    side.connect();
    expect(side.said).toMatchObject([{ kind: 'hello', first: 1 }]);
    side.welcome(2);
    expect(side.released).toEqual(['uart1', 'uart2']);
    expect(side.said.filter(({ kind }) => kind === 'frame')).toMatchObject([{ sequence: 3 }, { sequence: 4 }]);
  });

  test('a channel that breaks in the middle of sending again goes on where the backup says', () => {
    const side = new PrimarySide().protect();
    for (let i = 0; i < 4; i++) side.frame(i);
    side.close().connect().welcome(0).ack(1).close().frame(4).connect().welcome(2);
    expect(side.said.filter(({ kind }) => kind === 'frame')).toMatchObject([{ sequence: 3 }, { sequence: 4 }]);
    expect(side.core.status.reconnections).toBe(2);
  });

  test('while the channel is down outputs wait, acknowledged or not', () => {
    const side = new PrimarySide().protect().frame(0).ack(0).close().output(1);
    expect(side.of('release')).toEqual([]);
    expect(side.connect().welcome(0).released).toEqual(['uart1']);
  });

  test('a primary that stood still asks to be welcomed again before it believes an acknowledgement', () => {
    const side = new PrimarySide().protect().frame(0).output(1);
    side.now += 10_000;
    expect(side.ack(0).of('release')).toEqual([]);
    expect(side.said.map(({ kind }) => kind)).toEqual(['hello']);
    expect(side.ack(0).frame(1).output(2).of('release')).toEqual([]);
    expect(side.of('send')).toEqual([]);
    side.close().connect().hear({ kind: 'refuse', reason: 'it has asked for epoch 2' });
    expect(side.core.state).toBe('claiming');
    side.do(lost());
    expect(side.all.some(({ kind }) => kind === 'release')).toBe(false);
  });

  test('a backup that welcomes again after a stand-still still follows: all goes on, nothing is sent twice', () => {
    const side = new PrimarySide().protect().frame(0).output(1);
    side.now += 400;
    side.do({ kind: 'time' }).frame(1);
    expect(side.ack(0).of('release')).toEqual([]);
    side.welcome(0);
    expect(side.released).toEqual(['uart1']);
    expect(side.said.filter(({ kind }) => kind === 'frame')).toMatchObject([{ sequence: 1 }]);
    expect(side.core.status).toMatchObject({ state: 'protected', connected: true, reconnections: 0 });
  });

  test('a channel that is lost while it is greeted again is a lost channel', () => {
    const side = new PrimarySide().protect().frame(0);
    side.now += 400;
    side.do({ kind: 'time' }).close().pass(160);
    expect(side.core.status.detected).toBe('channel-closed');
  });

  test.each([
    ['a channel that does not come back', 'channel-closed', (side: PrimarySide) => side.close().pass(150)],
    ['silence of everything', 'channel-silent', (side: PrimarySide) => side.pass(600)],
    [
      'silence of the heartbeats',
      'heartbeats-silent',
      (side: PrimarySide) => {
        for (let i = 0; i < 13; i++)
          side.pass(50).hear({ kind: 'executed', sequence: -1, tick: 0n as never, buffered: 0, digests: 0 });
      },
    ],
    [
      'silence of the channel',
      'channel-silent',
      (side: PrimarySide) => {
        for (let i = 0; i < 13; i++) side.pass(50).beat();
      },
    ],
    ['divergence', 'diverged', (side: PrimarySide) => side.hear({ kind: 'diverged', report: 'r2' })],
    ['a refusal', 'refused', (side: PrimarySide) => side.close().connect().hear({ kind: 'refuse', reason: 'no' })],
    ['another backup', 'replaced', (side: PrimarySide) => side.close().connect().welcome(-1, 'c')],
  ] as const)('%s is a failure: the next epoch is claimed, nothing is released', (_, cause, fail) => {
    const side = new PrimarySide().protect().frame(0).output(1);
    fail(side);
    expect(side.core.state).toBe('claiming');
    expect(side.core.status.detected).toBe(cause);
    expect(side.all.filter(({ kind }) => kind === 'claim')).toEqual([{ kind: 'claim', epoch: 2 }]);
    expect(side.all.some(({ kind }) => kind === 'release' || kind === 'live')).toBe(false);
  });

  test('a channel that breaks again and again without an acknowledgement is a failure', () => {
    const side = new PrimarySide().protect().frame(0);
    for (let i = 0; i < 8; i++) side.close().connect().welcome();
    expect(side.core.state).toBe('protected');
    side.close();
    expect(side.core.state).toBe('claiming');
  });

  test('with signs of life it stays protected, and is never silent itself', () => {
    const side = new PrimarySide().protect().frame(0).ack(0).live(5000);
    expect(side.core.state).toBe('protected');
    expect(side.said.filter(({ kind }) => kind === 'alive').length).toBeGreaterThan(40);
    expect(side.of('heartbeat').length).toBeGreaterThan(40);
  });

  test('heartbeats of strangers, of other epochs and old ones are no signs of life', () => {
    const side = new PrimarySide().protect().beat();
    const heartbeat = { pair: 'pair', epoch: 1, who: 'b', count: 1 };
    for (let i = 0; i < 13; i++) {
      side.pass(50).hear({ kind: 'executed', sequence: -1, tick: 0n as never, buffered: 0, digests: 0 });
      for (const change of [{ who: 'x' }, { epoch: 0 }, { pair: 'x' }, { count: 0 }])
        side.do({ kind: 'heartbeat', heartbeat: { ...heartbeat, ...change } });
    }
    expect(side.core.status.detected).toBe('heartbeats-silent');
  });

  test('the guest stops when too much is not acknowledged, and goes on at half', () => {
    const side = new PrimarySide({ sendBufferBytes: 1000 }).protect();
    side.frame(0).frame(1, { sizeBytes: 600 }).frame(2, { sizeBytes: 600 });
    expect(side.of('stall')).toEqual([{ kind: 'stall', stalled: true }]);
    side.now += 40;
    expect(side.ack(0).of('stall')).toEqual([]);
    expect(side.ack(2).of('stall')).toEqual([{ kind: 'stall', stalled: false }]);
    expect(side.core.status).toMatchObject({ stalls: 1, stalledMs: 40, stalled: false });
  });

  test('what was released is reported within 10 ms, and again after a reconnection', () => {
    const side = new PrimarySide().protect().frame(0).output(3).ack(0).pass(10);
    const report = { kind: 'released', released: { uart: 3n } };
    expect(side.said).toEqual([report]);
    side.close().connect().welcome(0);
    expect(side.said).toEqual([report]);
  });

  test('the end of the log: off once it is acknowledged, after the outputs before it', () => {
    const side = new PrimarySide().protect().frame(0).output(1).frame(1, { last: 1 });
    expect(side.ack(0).kinds).toEqual(['release']);
    expect(side.core.state).toBe('protected');
    side.output(2).ack(1);
    expect(side.kinds).toEqual(['release', 'disconnect', 'off']);
    expect(side.core.deadline).toBeUndefined();
  });
});

describe('claiming', () => {
  test('won: live in the new epoch, then everything held in order', () => {
    const side = claiming().output(2).do(won());
    expect(side.kinds).toEqual(['live', 'release', 'release']);
    expect(side.effects[0]).toEqual({ kind: 'live', epoch: 2 });
    expect(side.released).toEqual(['uart1', 'uart2']);
    expect(side.output(3).released).toEqual(['uart3']);
    expect(side.frame(1).effects).toEqual([]);
    expect(side.core.status).toMatchObject({ state: 'alone', epoch: 2 });
  });

  test('lost: halts, and nothing ever leaves again', () => {
    const side = claiming().do(lost());
    expect(side.effects).toEqual([{ kind: 'halt', why: 'lost', holder: 'other' }]);
    expect(side.output(2).effects).toEqual([]);
    expect(side.do(won()).effects).toEqual([]);
    expect(side.core.deadline).toBeUndefined();
  });

  test('unknown: the same question for ever, said to the operator once', () => {
    const side = claiming();
    const from = side.all.length;
    for (let i = 0; i < 50; i++) {
      side.do(unknown()).pass(199);
      expect(side.of('claim')).toEqual([]);
      side.pass(1);
      expect(side.effects).toEqual([{ kind: 'claim', epoch: 2 }]);
    }
    expect(side.all.slice(from).filter(({ kind }) => kind === 'notice')).toHaveLength(1);
    expect(side.output(2).of('release')).toEqual([]);
    expect(side.core.status.claims).toEqual({ asked: 51, unknown: 50 });
  });

  test('no answer at all is as good as unknown', () => {
    expect(claiming().pass(10_000).of('claim').length).toBeGreaterThan(1);
  });

  test.each([won(), lost()])('a late answer to an earlier question for the epoch counts', (answer) => {
    const side = claiming().do(unknown()).pass(200).do(unknown()).do(answer);
    expect(side.core.state).toBe(answer.result.kind === 'won' ? 'alone' : 'halted');
  });

  test('an answer for another epoch counts for nothing', () => {
    expect(claiming().do(won(1)).do(won(3)).do(lost(1)).core.state).toBe('claiming');
  });

  test('the channel is closed, and nothing from it counts: not acknowledgements, not a welcome', () => {
    const side = claiming();
    expect(side.all.some(({ kind }) => kind === 'disconnect')).toBe(true);
    expect(side.ack(0).welcome(0).beat().effects).toEqual([]);
    expect(side.core.state).toBe('claiming');
  });

  test('the guest runs on until its buffer is full, and goes on when it is alone', () => {
    const side = new PrimarySide({ sendBufferBytes: 1000 }).protect().frame(0).pass(600);
    expect(side.frame(1, { sizeBytes: 2000 }).of('stall')).toEqual([{ kind: 'stall', stalled: true }]);
    expect(side.do(won()).kinds).toEqual(['live', 'stall']);
    expect(side.core.status.stalled).toBe(false);
  });

  test('the end of the log is no way out: won first, then off; lost halts', () => {
    const side = claiming().frame(1, { last: 1 });
    expect(side.effects).toEqual([]);
    expect(side.do(won()).kinds).toEqual(['live', 'release', 'off']);
    expect(claiming().frame(1, { last: 1 }).do(lost()).kinds).toEqual(['halt']);
  });

  test('an end that was sent and not acknowledged needs the arbiter too', () => {
    const side = new PrimarySide().protect().frame(0).output(1).frame(1, { last: 1 }).close().pass(200);
    expect(side.core.state).toBe('claiming');
    expect(side.do(won()).kinds).toEqual(['live', 'release', 'off']);
  });
});

describe('alone', () => {
  test('the end of the log is the end', () => {
    const side = claiming().do(won()).frame(1, { last: 1 });
    expect(side.effects).toEqual([{ kind: 'off' }]);
    expect(side.core.state).toBe('off');
  });

  test('late answers change nothing', () => {
    const side = claiming().do(won()).do(lost()).do(unknown());
    expect(side.core.state).toBe('alone');
  });
});

test('a frame out of order from the own guest is a defect, and told', () => {
  expect(() => new PrimarySide().protect().frame(1)).toThrow('handed over');
});

test('settings that cannot work are refused', () => {
  expect(() => new PrimarySide({ heartbeatMs: 300 })).toThrow('heartbeats');
  expect(() => new PrimarySide({ epoch: 0 })).toThrow('epoch');
});

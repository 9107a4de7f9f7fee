/** A backup made from a running guest: what each side does before and after the frame with the guest's state. */
import { describe, expect, test } from 'vitest';
import { Primary } from '../../../src/ft/protocol/primary.ts';
import { tick } from '../../../src/lib/brands.ts';
import { encodeFrame } from '../../../src/logformat/frame.ts';
import { BackupSide, lost, output, PrimarySide, settings, surroundings, won } from './support.ts';

const WELCOME = { kind: 'welcome', who: 'b', host: 'host-b', received: -1 } as const;

/** A primary whose guest runs, in epoch 1. */
class Survivor extends PrimarySide {
  constructor() {
    super({}, new Primary<string>(settings('p'), 0, surroundings, 3));
  }

  /** The frame with the state, which is number `sequence`. */
  commit(sequence: number): this {
    return this.do({ kind: 'frame', sequence, bytes: copied(sequence, true), last: false, commit: true });
  }

  copying(): this {
    return this.protect();
  }

  following(): this {
    return this.copying().frame(0).commit(1);
  }
}

/** Frames of a copy: a header, pages, and a state. */
function copied(sequence: number, state = false): Uint8Array {
  const kind = sequence === 0 ? 'header' : 'checkpoint';
  const payload = new Uint8Array(4).fill(sequence);
  return encodeFrame({ kind, sequence, firstTick: tick(state ? 99 : 0), payload }, undefined);
}

describe('the survivor', () => {
  test('says that it has a copy to give, and its outputs leave while it dials and copies', () => {
    const side = new Survivor().connect();
    expect(side.said).toMatchObject([{ kind: 'hello', copy: 3, first: 0, epoch: 1 }]);
    expect(side.output(1).released).toEqual(['uart1']);
    side.welcome();
    expect(side.kinds[0]).toBe('begin');
    expect(side.core.state).toBe('copying');
    side.frame(0);
    expect(side.said.map(({ kind }) => kind)).toEqual(['frame']);
    expect(side.output(2).released).toEqual(['uart2']);
  });

  test('holds outputs from the frame with the state on, until what covers them is acknowledged', () => {
    const side = new Survivor().following();
    expect(side.output(3).released).toEqual([]);
    expect(side.ack(0).released).toEqual([]);
    expect(side.ack(1).released).toEqual(['uart3']);
    expect(side.frame(2).output(4).released).toEqual([]);
    expect(side.ack(2).released).toEqual(['uart4']);
  });

  test('says that it is protected when the backup has the state, not when that is on its way', () => {
    const side = new Survivor().following();
    expect([side.core.state, side.core.status.state]).toEqual(['copying', 'copying']);
    side.ack(0);
    expect(side.core.state).toBe('copying');
    side.ack(1);
    expect([side.core.state, side.core.status.state]).toEqual(['protected', 'protected']);
    // Held from then on, whatever is on its way.
    expect(side.frame(2).core.state).toBe('protected');
  });

  test('whose backup is lost with the state on its way asks the arbiter before it goes on alone', () => {
    const side = new Survivor().following().pass(600);
    expect(side.core.state).toBe('claiming');
    expect(side.do(won(2)).core.state).toBe('alone');
  });

  test.each([
    ['does not answer', (side: Survivor) => side.pass(5000)],
    ['refuses', (side: Survivor) => side.connect().hear({ kind: 'refuse', reason: 'no' })],
    ['is on the same host', (side: Survivor) => side.connect().hear({ ...WELCOME, host: 'host-p' })],
    ['is gone', (side: Survivor) => side.copying().close().pass(200)],
    ['is silent', (side: Survivor) => side.copying().pass(600)],
    ['refuses to go on', (side: Survivor) => side.copying().hear({ kind: 'refuse', reason: 'no' })],
    [
      'is to leave its host',
      (side: Survivor) =>
        side.copying().hear({ kind: 'executed', sequence: -1, tick: tick(0), buffered: 0, digests: 0, leaves: true }),
    ],
    ['was started again', (side: Survivor) => side.copying().close().connect().welcome(-1, 'other')],
  ] as const)('lets a backup go that %s before it has the guest', (_, act) => {
    const side = new Survivor();
    const from = side.all.length;
    act(side);
    expect(side.core.state).toBe('abandoned');
    const kinds = side.all.slice(from).map(({ kind }) => kind);
    expect(kinds).toContain('abandon');
    expect(kinds).not.toContain('claim');
    expect(kinds).not.toContain('halt');
    expect(side.output(9).released).toEqual(['uart9']);
    expect(side.core.deadline).toBeUndefined();
  });

  test('dials a place where nobody listens three times', () => {
    const side = new Survivor().pass(0);
    for (let i = 1; i <= 3; i++) side.do({ kind: 'closed', connection: i, reason: 'refused' }).pass(100);
    expect(side.core.state).toBe('abandoned');
  });

  test('goes on with the copy when the channel is back in time', () => {
    const side = new Survivor().copying().frame(0).frame(1).ack(0).close().connect();
    expect(side.said).toMatchObject([{ kind: 'hello', copy: 3, first: 1 }]);
    side.welcome(0);
    expect(side.said).toMatchObject([{ kind: 'frame', sequence: 1 }]);
    expect(side.core.state).toBe('copying');
  });

  test('is never stalled by a copy', () => {
    const side = new Survivor().copying();
    side.frame(0, { sizeBytes: 40 << 20 });
    expect(side.kinds).not.toContain('stall');
  });

  test('claims when the backup is lost after the state, also when that was never acknowledged', () => {
    const side = new Survivor().following().output(1).close().pass(200);
    expect(side.core.state).toBe('claiming');
    expect(side.of('claim')).toEqual([{ kind: 'claim', epoch: 2 }]);
    side.do(won());
    expect(side.kinds).toEqual(['live', 'release']);
    expect(side.core.state).toBe('alone');
  });

  test('halts when the new backup has the next epoch', () => {
    const side = new Survivor().following().output(1).close().pass(200).do(lost());
    expect(side.kinds).toEqual(['halt']);
    expect(side.core.state).toBe('halted');
  });

  test.each([
    ['seeking', (side: Survivor) => side.pass(0)],
    ['copying', (side: Survivor) => side.copying().frame(0)],
    ['abandoned', (side: Survivor) => side.pass(5000)],
    ['alone', (side: Survivor) => side.following().close().pass(200).do(won())],
  ] as const)('is off with its guest when %s', (state, act) => {
    const side = act(new Survivor());
    expect(side.core.state).toBe(state);
    expect(side.do({ kind: 'ended' }).kinds.at(-1)).toBe('off');
  });

  test('is off once the end is acknowledged when it is followed', () => {
    const side = new Survivor().following().frame(2, { last: 2 }).do({ kind: 'ended' });
    expect(side.ack(1).core.state).toBe('protected');
    side.ack(2);
    expect(side.core.state).toBe('off');
  });
});

describe('the new backup', () => {
  const take = (side: BackupSide, sequence: number, state = false): BackupSide =>
    side.hear({ kind: 'frame', sequence, bytes: copied(sequence, state) });
  const copying = (): BackupSide => take(take(new BackupSide().hello({ copy: 3 }), 0), 1);

  test('never claims before it has the state: it ends as one that never was', () => {
    const side = copying().pass(60_000);
    expect(side.all.map(({ kind }) => kind)).not.toContain('claim');
    expect(side.of('halt')).toMatchObject([{ why: 'forgotten' }]);
    expect(side.core.state).toBe('halted');
  });

  test('waits on when it has nothing yet', () => {
    const side = new BackupSide().hello({ copy: 3 }).pass(60_000);
    expect(side.core.state).toBe('waiting');
  });

  test('claims from the state on', () => {
    const side = take(copying(), 2, true).pass(600);
    expect(side.of('claim')).toEqual([{ kind: 'claim', epoch: 2 }]);
    expect(side.core.state).toBe('claiming');
  });

  test('goes on with its copy over a new channel, and with no other', () => {
    const side = copying().close().hello({ copy: 3, first: 1 });
    expect(side.said).toMatchObject([{ kind: 'welcome', received: 1 }]);
    side.close().hello({ copy: 4 });
    expect(side.said).toMatchObject([{ kind: 'refuse', reason: 'it has begun with another copy of the guest' }]);
    side.hello({});
    expect(side.said.map(({ kind }) => kind)).toEqual(['refuse']);
  });

  test('keeps outputs and gives them out when it lives, as any backup', () => {
    const side = take(copying(), 2, true).do({ kind: 'output', output: output(5) });
    side.pass(600).do(won()).do({ kind: 'drained' });
    expect(side.released).toEqual(['uart5']);
    expect(side.core.state).toBe('live');
  });
});

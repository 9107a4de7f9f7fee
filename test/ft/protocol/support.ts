/** What the tests of the protocol cores share: settings, frames, events in short, and a core with its effects kept. */

import { Backup } from '../../../src/ft/protocol/backup.ts';
import type { BackupEffect, BackupEvent, PrimaryEffect, PrimaryEvent } from '../../../src/ft/protocol/io.ts';
import type { BackupMessage, PrimaryMessage } from '../../../src/ft/protocol/message.ts';
import { Primary } from '../../../src/ft/protocol/primary.ts';
import { PAIR_DEFAULTS, type PairSettings } from '../../../src/ft/protocol/settings.ts';
import { tick } from '../../../src/lib/brands.ts';
import { encodeFrame, type FrameKindName } from '../../../src/logformat/frame.ts';

export const settings = (side: 'p' | 'b', changes: Partial<PairSettings> = {}): PairSettings => ({
  ...PAIR_DEFAULTS,
  pair: 'pair',
  epoch: 1,
  who: side,
  host: `host-${side}`,
  ...changes,
});

/** Frame `sequence` of a log whose frame `last`, if given, ends it. */
export function frame(sequence: number, options: { last?: number; sizeBytes?: number } = {}): Uint8Array {
  const kind: FrameKindName = sequence === 0 ? 'header' : sequence === options.last ? 'end' : 'events';
  const payload = new Uint8Array(options.sizeBytes ?? 4).fill(sequence);
  return encodeFrame({ kind, sequence, firstTick: tick(sequence), payload }, undefined);
}

export const output = (unit: number, device = 'uart') => ({ device, unit: BigInt(unit), payload: `${device}${unit}` });

export const surroundings = Uint8Array.of(7);

interface Kinded {
  readonly kind: string;
}

/** A core, the time, and what the last event gave. */
class Side<E extends Kinded, F extends Kinded> {
  readonly core: { handle(event: E, now: number): readonly F[]; readonly deadline: number | undefined };
  readonly all: F[] = [];
  now = 0;
  effects: readonly F[] = [];

  constructor(core: Side<E, F>['core']) {
    this.core = core;
  }

  do(event: E): this {
    this.effects = this.core.handle(event, this.now);
    this.all.push(...this.effects);
    return this;
  }

  /** Lets time pass, with 'time' at every deadline on the way; `effects` are those of all of it. */
  pass(ms: number): this {
    const until = this.now + ms;
    const from = this.all.length;
    let steps = 0;
    for (let due = this.core.deadline; due !== undefined && due <= until; due = this.core.deadline) {
      if (++steps > 100 + 10 * ms) throw new Error(`the deadline ${due} does not move`);
      this.now = Math.max(this.now, due);
      this.do({ kind: 'time' } as unknown as E);
    }
    this.now = until;
    this.effects = this.all.slice(from);
    return this;
  }

  get kinds(): string[] {
    return this.effects.map((effect) => effect.kind);
  }

  of<K extends F['kind']>(kind: K): Extract<F, { readonly kind: K }>[] {
    return this.effects.filter((effect) => effect.kind === kind) as Extract<F, { readonly kind: K }>[];
  }
}

export class PrimarySide extends Side<PrimaryEvent<string>, PrimaryEffect<string>> {
  declare readonly core: Primary<string>;
  connection = 0;
  #beats = 0;

  constructor(
    changes: Partial<PairSettings> = {},
    core = new Primary<string>(settings('p', changes), 0, surroundings),
  ) {
    super(core);
  }

  /** Dials and gets through. */
  connect(): this {
    const dialled = () => this.all.findLast((effect) => effect.kind === 'dial')?.connection ?? 0;
    for (let tries = 0; dialled() === this.connection; tries++) {
      if (tries > 1000) throw new Error('the primary does not dial');
      this.pass(5);
    }
    this.connection = dialled();
    return this.do({ kind: 'connected', connection: this.connection });
  }

  welcome(received = -1, who = 'b'): this {
    return this.hear({ kind: 'welcome', who, host: 'host-b', received });
  }

  /** Followed by a backup whose guest runs. */
  protect(): this {
    this.connect().welcome();
    const { effects } = this;
    this.hear({ kind: 'executed', sequence: -1, tick: tick(1), buffered: 0, digests: 0 });
    this.effects = effects;
    return this;
  }

  hear(message: BackupMessage, connection = this.connection): this {
    return this.do({ kind: 'message', connection, message });
  }

  ack(sequence: number): this {
    return this.hear({ kind: 'ack', sequence });
  }

  frame(sequence: number, options: { last?: number; sizeBytes?: number } = {}): this {
    const last = sequence === options.last;
    return this.do({ kind: 'frame', sequence, bytes: frame(sequence, options), last });
  }

  output(unit: number, device = 'uart'): this {
    return this.do({ kind: 'output', output: output(unit, device) });
  }

  close(connection = this.connection): this {
    return this.do({ kind: 'closed', connection, reason: 'cut' });
  }

  beat(): this {
    return this.do({ kind: 'heartbeat', heartbeat: { pair: 'pair', epoch: 1, who: 'b', count: this.#beats++ } });
  }

  /** Time in which the backup gives every sign of life. */
  live(ms: number): this {
    const from = this.all.length;
    for (const until = this.now + ms; this.now < until; ) {
      this.pass(Math.min(50, until - this.now)).beat();
      const executed = this.core.status.frames.executed;
      this.hear({ kind: 'executed', sequence: executed, tick: tick(1), buffered: 0, digests: 0 });
    }
    this.effects = this.all.slice(from);
    return this;
  }

  get released(): string[] {
    return this.of('release').map(({ output: { payload } }) => payload);
  }

  get said(): PrimaryMessage[] {
    return this.of('send').map(({ message }) => message);
  }
}

export class BackupSide extends Side<BackupEvent<string>, BackupEffect<string>> {
  declare readonly core: Backup<string>;
  connection = 0;
  #beats = 0;

  constructor(changes: Partial<PairSettings> = {}) {
    super(new Backup<string>(settings('b', changes), 0));
  }

  hello(changes: Partial<Extract<PrimaryMessage, { kind: 'hello' }>> = {}): this {
    const connection = ++this.connection;
    this.do({ kind: 'connected', connection });
    const hello = { version: 3, pair: 'pair', epoch: 1, who: 'p', host: 'host-p', first: 0, surroundings } as const;
    return this.hear({ kind: 'hello', ...hello, ...changes });
  }

  hear(message: PrimaryMessage, connection = this.connection): this {
    return this.do({ kind: 'message', connection, message });
  }

  frame(sequence: number, options: { last?: number; sizeBytes?: number } = {}): this {
    return this.hear({ kind: 'frame', sequence, bytes: frame(sequence, options) });
  }

  executed(sequence: number): this {
    return this.do({ kind: 'executed', sequence, tick: tick(sequence), digests: 0 });
  }

  output(unit: number, device = 'uart'): this {
    return this.do({ kind: 'output', output: output(unit, device) });
  }

  close(connection = this.connection): this {
    return this.do({ kind: 'closed', connection, reason: 'cut' });
  }

  beat(): this {
    return this.do({ kind: 'heartbeat', heartbeat: { pair: 'pair', epoch: 1, who: 'p', count: this.#beats++ } });
  }

  live(ms: number): this {
    const from = this.all.length;
    for (const until = this.now + ms; this.now < until; )
      this.pass(Math.min(50, until - this.now))
        .beat()
        .hear({ kind: 'alive' });
    this.effects = this.all.slice(from);
    return this;
  }

  get released(): string[] {
    return this.of('release').map(({ output: { payload } }) => payload);
  }

  get said(): BackupMessage[] {
    return this.of('send').map(({ message }) => message);
  }
}

export const won = (epoch = 2) => ({ kind: 'claimed', epoch, result: { kind: 'won' } }) as const;
export const lost = (epoch = 2) => ({ kind: 'claimed', epoch, result: { kind: 'lost', holder: 'other' } }) as const;
export const unknown = (epoch = 2) =>
  ({ kind: 'claimed', epoch, result: { kind: 'unknown', reason: 'time-out' } }) as const;

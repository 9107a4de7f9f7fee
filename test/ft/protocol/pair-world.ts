/**
 * Both cores with everything between them in the hands of a test: what is delivered, cut, answered or killed, and when.
 * The guest makes outputs; each is covered by the frame handed over right before it, and the backup's guest makes the
 * same ones when it executes that frame. Every step is judged (`judge`), by what the backup holds and the arbiter has
 * said, not by what the primary believes.
 */
import type { BackupMessage, PrimaryMessage } from '../../../src/ft/protocol/message.ts';
import { BackupSide, output, PrimarySide } from './support.ts';

export const ACTIONS = [
  'frame',
  'output',
  'toBackup',
  'toPrimary',
  'execute',
  'tick',
  'wait',
  'beats',
  'beatToPrimary',
  'beatToBackup',
  'cut',
  'connect',
  'decide',
  'answer',
  'shrug',
  'killPrimary',
  'killBackup',
  'standStill',
  'end',
  'diverge',
  'order',
  'letGo',
  'leave',
  'quiet',
  'settle',
] as const;
export type Action = (typeof ACTIONS)[number];

interface Wire {
  readonly id: number;
  readonly toBackup: PrimaryMessage[];
  readonly toPrimary: BackupMessage[];
  /** Whose end has been told that it is closed. */
  primaryOpen: boolean;
  backupOpen: boolean;
  accepted: boolean;
}

type Name = 'primary' | 'backup';

export class PairWorld {
  readonly primary = new PrimarySide();
  readonly backup = new BackupSide();
  readonly #dead = new Set<Name>();
  readonly #wires: Wire[] = [];
  readonly #claims: { readonly by: Name; won: boolean | undefined }[] = [];
  #winner: Name | undefined;
  #frames = 0;
  #ended = false;
  /** Unit number of an output -> frame that covers it. */
  readonly #covers: number[] = [];
  readonly #fed: number[] = [];
  #executed = -1;
  #draining = false;
  /** The primary's guest has been told to come to a stop, and whether it has; its devices to come to rest. */
  #quiescing = false;
  #isQuiet = false;
  #settling = false;
  readonly released = { primary: [] as number[], backup: [] as number[] };
  readonly live: Name[] = [];
  /** The primary has halted as planned. */
  handedOver = false;
  #seen = { primary: 0, backup: 0 };

  constructor() {
    this.primary.pass(0);
    this.#take();
    for (const action of ['connect', 'toBackup', 'toPrimary'] as const) this.do(action);
  }

  get heldByBackup(): number {
    return this.backup.core.status.frames.received;
  }

  /** Outputs that the frames up to `frame` cover. */
  covered(frame: number): number {
    const after = this.#covers.findIndex((cover) => cover > frame);
    return after < 0 ? this.#covers.length : after;
  }

  /** Whom the arbiter has given the epoch. */
  get winner(): Name | undefined {
    return this.#winner;
  }

  get outputs(): number {
    return this.#covers.length;
  }

  do(action: Action): void {
    const wire = this.#wires.at(-1);
    switch (action) {
      case 'frame':
        if (this.#guestRuns()) this.primary.frame(this.#frames++);
        break;
      case 'output':
        if (!this.#guestRuns()) break;
        this.primary.frame(this.#frames++);
        this.#covers.push(this.#frames - 1);
        this.primary.output(this.#covers.length);
        break;
      case 'end':
        if (!this.#guestRuns() || this.#frames === 0) break;
        this.#ended = true;
        this.primary.frame(this.#frames, { last: this.#frames++ });
        break;
      case 'connect':
        if (wire === undefined || wire.accepted || !wire.primaryOpen || this.isDead('backup')) break;
        wire.accepted = wire.backupOpen = true;
        this.backup.do({ kind: 'connected', connection: wire.id });
        if (!this.isDead('primary')) this.primary.do({ kind: 'connected', connection: wire.id });
        break;
      case 'toBackup':
        for (const one of this.#wires) {
          const message = one.backupOpen ? one.toBackup.shift() : undefined;
          if (message === undefined || this.isDead('backup')) continue;
          this.backup.do({ kind: 'message', connection: one.id, message });
        }
        break;
      case 'toPrimary':
        for (const one of this.#wires) {
          const message = one.primaryOpen ? one.toPrimary.shift() : undefined;
          if (message === undefined || this.isDead('primary')) continue;
          this.primary.do({ kind: 'message', connection: one.id, message });
        }
        break;
      case 'cut':
        if (wire !== undefined) this.#close(wire, 'cut');
        break;
      case 'execute':
        if (!this.isDead('backup')) this.#execute();
        break;
      case 'tick':
        this.#pass(7);
        break;
      case 'wait':
        this.#pass(120);
        break;
      case 'standStill': {
        this.primary.now += 700;
        this.backup.now = this.primary.now;
        break;
      }
      case 'beats':
        this.do('beatToBackup');
        this.do('beatToPrimary');
        return;
      case 'beatToBackup':
        if (!this.isDead('backup') && !this.isDead('primary')) this.backup.beat();
        break;
      case 'beatToPrimary':
        if (!this.isDead('backup') && !this.isDead('primary')) this.primary.beat();
        break;
      case 'decide': {
        const claim = this.#claims.find(({ won }) => won === undefined);
        if (claim === undefined) break;
        this.#winner ??= claim.by;
        claim.won = this.#winner === claim.by;
        break;
      }
      case 'answer':
      case 'shrug':
        this.#answer(action === 'shrug');
        break;
      case 'killPrimary':
        this.#kill('primary');
        break;
      case 'killBackup':
        this.#kill('backup');
        break;
      case 'order':
        if (!this.isDead('primary')) this.primary.do({ kind: 'switch', reason: 'made up' });
        break;
      case 'letGo':
        if (!this.isDead('primary')) this.primary.do({ kind: 'letGo' });
        break;
      case 'leave':
        if (!this.isDead('backup')) this.backup.do({ kind: 'leave' });
        break;
      case 'quiet':
        if (!this.#quiescing || this.isDead('primary')) break;
        this.#quiescing = false;
        this.#isQuiet = true;
        this.primary.do({ kind: 'quiet' });
        break;
      case 'settle':
        if (!this.#settling || this.isDead('primary')) break;
        this.#settling = false;
        this.primary.do({ kind: 'settled' });
        break;
      case 'diverge':
        if (!this.isDead('backup')) this.backup.do({ kind: 'diverged', report: 'made up' });
        break;
    }
    this.#take();
    this.judge();
  }

  judge(): void {
    const { primary, backup } = this.released;
    const held = this.covered(this.heldByBackup);
    const live = this.live[0];
    must(live === 'primary' || primary.length <= held, 'an output left and the backup does not hold what covers it');
    must(isCount(primary, 1), 'the primary released out of order, or twice');
    must(isCount(this.#fed, 0), 'the backup was fed out of order, or twice');
    if (live === 'backup') {
      const first = backup[0] ?? primary.length + 1;
      must(first <= primary.length + 1, 'an output was lost between what the two released');
      must(isCount(backup, first), 'the backup released out of order, or twice');
      must(Math.max(first - 1 + backup.length, primary.length) === held, 'the backup kept an output for itself');
    } else must(backup.length === 0, 'the backup released and does not live');
    must(this.live.length <= 1, 'two live');
    must(live === undefined || live === this.#winner, 'one lives without the arbiter');
    must(!this.handedOver || this.#winner === 'backup', 'handed over to nobody');
    must(!this.#isQuiet || live !== 'primary', 'a guest that lives stands still');
    must(live !== 'primary' || primary.length === this.outputs, 'a primary that is alone holds outputs');
  }

  isDead(name: Name): boolean {
    return this.#dead.has(name);
  }

  #guestRuns(): boolean {
    const { state } = this.primary.core;
    const runs = state === 'protected' || state === 'claiming' || state === 'switching' || state === 'alone';
    return !this.isDead('primary') && !this.#ended && !this.#isQuiet && runs;
  }

  /** One frame more; its outputs come out. Everything, when no more frames will come. */
  #execute(): void {
    while (this.#executed < this.#fed.length - 1) {
      this.#executed++;
      const sequence = this.#executed;
      this.#covers.forEach((cover, i) => {
        if (cover === sequence) this.backup.do({ kind: 'output', output: output(i + 1) });
      });
      this.backup.executed(sequence);
      if (!this.#draining) break;
    }
    if (this.#ended && this.#executed === this.#frames - 1) this.backup.do({ kind: 'off' });
    else if (this.#draining) this.backup.do({ kind: 'drained' });
    this.#draining = false;
  }

  #pass(ms: number): void {
    if (!this.isDead('primary')) this.primary.pass(ms);
    if (!this.isDead('backup')) this.backup.pass(ms);
    this.primary.now = this.backup.now = Math.max(this.primary.now, this.backup.now);
  }

  #answer(unknown: boolean): void {
    const at = this.#claims.findIndex(({ won }) => unknown || won !== undefined);
    const [claim] = at < 0 ? [] : this.#claims.splice(at, 1);
    if (claim === undefined || this.isDead(claim.by)) return;
    const result = unknown
      ? ({ kind: 'unknown', reason: 'made up' } as const)
      : claim.won
        ? ({ kind: 'won' } as const)
        : ({ kind: 'lost', holder: 'the other' } as const);
    this[claim.by].do({ kind: 'claimed', epoch: 2, result });
  }

  #kill(name: Name): void {
    this.#dead.add(name);
    for (const wire of this.#wires) this.#close(wire, 'the process is gone');
  }

  #close(wire: Wire, reason: string): void {
    const { primaryOpen, backupOpen } = wire;
    wire.primaryOpen = wire.backupOpen = false;
    const event = { kind: 'closed', connection: wire.id, reason } as const;
    if (primaryOpen && !this.isDead('primary')) this.primary.do(event);
    if (backupOpen && !this.isDead('backup')) this.backup.do(event);
  }

  /** Carries out what the cores have asked for since the last time. */
  #take(): void {
    for (let more = true; more; ) {
      const before = this.#seen.primary + this.#seen.backup;
      for (; this.#seen.primary < this.primary.all.length; this.#seen.primary++) {
        const effect = this.primary.all[this.#seen.primary]!;
        if (effect.kind === 'dial') {
          const wire = { id: effect.connection, toBackup: [], toPrimary: [] };
          this.#wires.push({ ...wire, primaryOpen: true, backupOpen: false, accepted: false });
        }
        if (effect.kind === 'send') this.#wire(effect.connection).toBackup.push(effect.message);
        if (effect.kind === 'disconnect') this.#hangUp('primary', effect.connection);
        if (effect.kind === 'release') this.released.primary.push(Number(effect.output.unit));
        if (effect.kind === 'live') this.live.push('primary');
        if (effect.kind === 'quiesce') this.#quiescing = true;
        if (effect.kind === 'settle') this.#settling = true;
        if (effect.kind === 'resume') this.#quiescing = this.#isQuiet = this.#settling = false;
        if (effect.kind === 'halt' && effect.why === 'handedOver') this.handedOver = true;
        if (effect.kind === 'claim') this.#claims.push({ by: 'primary', won: undefined });
      }
      for (; this.#seen.backup < this.backup.all.length; this.#seen.backup++) {
        const effect = this.backup.all[this.#seen.backup]!;
        if (effect.kind === 'send') this.#wire(effect.connection).toPrimary.push(effect.message);
        if (effect.kind === 'disconnect') this.#hangUp('backup', effect.connection);
        if (effect.kind === 'feed') this.#fed.push(effect.sequence);
        if (effect.kind === 'release') this.released.backup.push(Number(effect.output.unit));
        if (effect.kind === 'live') this.live.push('backup');
        if (effect.kind === 'drain') this.#draining = true;
        if (effect.kind === 'claim') this.#claims.push({ by: 'backup', won: undefined });
      }
      more = this.#seen.primary + this.#seen.backup > before;
    }
  }

  #wire(id: number): Wire {
    return this.#wires.find((wire) => wire.id === id)!;
  }

  /** One side hangs up: what it has said still arrives at the other, which learns of it by a later cut. */
  #hangUp(by: Name, id: number): void {
    const wire = this.#wire(id);
    if (by === 'primary') wire.primaryOpen = false;
    else wire.backupOpen = false;
  }
}

/** first, first + 1, and so on. */
const isCount = (list: readonly number[], first: number): boolean => list.every((n, i) => n === first + i);

function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

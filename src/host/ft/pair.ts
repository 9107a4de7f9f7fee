/**
 * `ft pair`: both sides of a pair on this host, each a process of its own, with this process as their terminal. The
 * console is shown once, whichever side says it; what is typed goes to the side where the guest lives.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { METHOD_DEFAULTS, type MethodSettings } from '../../ft/guest/method.ts';
import type { PairStatus } from '../../ft/protocol/status.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import type { DriveOptions } from '../guest-options.ts';
import { fromPlain } from '../live/job.ts';
import { ConsolePipe } from '../ports/console-pipe.ts';
import { ConsoleTerminal, type TerminalInput } from '../ports/console-terminal.ts';
import type { HostPort, Inbox } from '../ports/port.ts';
import type { LiveUi, RecordOptions } from '../record-options.ts';
import { RECORDING_SUFFIX, stateFolder } from '../recordings.ts';
import { ConsoleOnce } from './console-once.ts';
import { listNodes, tellNode } from './control-socket.ts';
import { type Endpoint, endpointText } from './endpoint.ts';
import type { FromSide } from './pair-messages.ts';
import type { PairOptions, PairOutcome, Tuning } from './pair-options.ts';
import { PairSide, type SideEnd } from './pair-side.ts';
import { requireCommon } from './surroundings.ts';

/** By then a backup without a primary has seen that it has none, and one that has given its guest up waits. */
const IDLE_MS = 3000;
/** Between two questions whether a new backup can be made. */
const RETRY_MS = 100;
/** Of the backup's own image. */
const SECOND_SUFFIX = '.backup';

export interface TrialOptions {
  readonly name: string;
  readonly guest: RecordOptions;
  readonly tuning: Tuning;
  readonly method?: MethodSettings;
  /** A side that is lost is replaced by a new process. */
  readonly respawn?: boolean;
}

export interface TrialUi extends Pick<LiveUi, 'input' | 'output' | 'notice' | 'stop'> {
  /** Both sides run. */
  started(primary: number, backup: number): void;
  /** A new process is to be the backup. */
  respawned?(backup: number): void;
  /** A side stands elsewhere; `sinceDeathMs`: from the end of the other side's process, as seen here. */
  changed(role: 'primary' | 'backup', status: PairStatus, sinceDeathMs: number | undefined): void;
}

/** UserError when it cannot begin; what happens later is in the outcome. */
export async function runPair(options: TrialOptions, ui: TrialUi): Promise<PairOutcome> {
  requireCommon(options.guest.drives, options.method ?? METHOD_DEFAULTS);
  return new Trial(options, ui).run();
}

class Trial {
  readonly #options: TrialOptions;
  readonly #ui: TrialUi;
  readonly #terminal: HostPort;
  readonly #console: ConsoleOnce;
  #sides: readonly PairSide[] = [];
  #starting: PairSide | undefined;
  /** Typed while the guest lived nowhere. */
  #typed: Uint8Array[] = [];
  /** Sides that use the second of two own images: the one beside the image that is named. */
  readonly #second = new WeakSet<PairSide>();
  #diedMs: number | undefined;
  #failure: Error | undefined;

  constructor(options: TrialOptions, ui: TrialUi) {
    this.#options = options;
    this.#ui = ui;
    const { input, output } = ui;
    this.#terminal = isTerminal(input)
      ? new ConsoleTerminal('console', input, output)
      : new ConsolePipe('console', input, output);
    this.#console = new ConsoleOnce((_, bytes) => {
      this.#terminal.take({ kind: 'console', device: 'console', bytes });
    });
  }

  async run(): Promise<PairOutcome> {
    const stop = (): void => this.#stop(false);
    this.#ui.stop?.addEventListener('abort', stop);
    try {
      const ends = await this.#run();
      if (this.#failure !== undefined) throw this.#failure;
      return outcomeOf(ends);
    } finally {
      this.#ui.stop?.removeEventListener('abort', stop);
      for (const side of [...this.#sides, this.#starting]) side?.kill();
      await this.#terminal.close();
    }
  }

  /** The backup first: the primary is told where it listens. */
  async #run(): Promise<SideEnd[]> {
    const { guest } = this.#options;
    const { output } = guest;
    const backup = await this.#newBackup(true, output === undefined ? undefined : besides(output));
    if ('by' in backup) return [backup];
    const primary = new PairSide('primary', (message, side) => this.#heard(message, side));
    this.#sides = [primary, backup.side];
    for (const side of this.#sides) void side.ended.then(() => this.#died());
    await this.#terminal.open(this.#inbox());
    this.#ui.started(primary.pid ?? 0, backup.side.pid ?? 0);
    const { method } = this.#options;
    const chosen = method === undefined ? {} : { method };
    primary.tell({ kind: 'primary', options: { ...this.#common(), ...chosen, guest, backup: backup.endpoint } });
    if (this.#options.respawn) return this.#keepTwo();
    return this.#untilEnd(primary, backup.side);
  }

  /** Waits for the first, then for the second, which may have nobody to wait for. */
  async #untilEnd(first: PairSide, second: PairSide): Promise<SideEnd[]> {
    const end = await first.ended;
    // A backup that never had the whole guest waits for another primary; here none will come.
    const idle = setInterval(() => second.isIdle(IDLE_MS) && second.kill(), IDLE_MS);
    const other = await second.ended;
    clearInterval(idle);
    return [end, other];
  }

  /** A side that is lost is followed by a new process, which the other one makes its backup. */
  async #keepTwo(): Promise<SideEnd[]> {
    for (;;) {
      const [first, second] = this.#sides as [PairSide, PairSide];
      const { side: gone, end } = await Promise.race(
        [first, second].map((side) => side.ended.then((how) => ({ side, end: how }))),
      );
      const other = gone === first ? second : first;
      if (!isLoss(end) || !other.isLiveOrHeir) return this.#untilEnd(gone, other);
      const fresh = await this.#newBackup(!this.#second.has(other));
      if ('by' in fresh) return [end, fresh, await other.ended];
      this.#sides = [other, fresh.side];
      this.#ui.respawned?.(fresh.side.pid ?? 0);
      void this.#protect(other, fresh.endpoint);
    }
  }

  /** Asks until the guest is alone there, and so can have a backup. */
  async #protect(side: PairSide, endpoint: Endpoint): Promise<void> {
    for (let refused = true; refused && !side.isOver; await sleep(RETRY_MS)) {
      const node = listNodes(this.#options.name).find(({ path }) => path.endsWith(`-${side.pid}.sock`));
      const answer = node && (await tellNode(node, `protect ${endpointText(endpoint)}`).catch(() => undefined));
      refused = answer === undefined || (answer as { readonly refused?: string }).refused !== undefined;
      if (refused && side.isIdle(IDLE_MS)) side.kill();
    }
  }

  /** A process that waits for a primary, or how it ended before that. */
  async #newBackup(
    isSecond: boolean,
    output?: string,
  ): Promise<{ readonly side: PairSide; readonly endpoint: Endpoint } | SideEnd> {
    let listens: (endpoint: Endpoint) => void = () => {};
    const listening = new Promise<Endpoint>((done) => {
      listens = done;
    });
    const side = new PairSide('backup', (message, from) => {
      if (message.kind === 'listening') listens(message.endpoint);
      else this.#heard(message, from);
    });
    this.#starting = side;
    if (isSecond) this.#second.add(side);
    const { engine, drives } = this.#options.guest;
    const own = output === undefined ? {} : { output };
    const listen = { host: '127.0.0.1', port: 0 };
    side.tell({
      kind: 'backup',
      options: { ...this.#common(), listen, given: { engine, ...imagesFor(drives, isSecond) }, ...own },
    });
    const endpoint = await Promise.race([listening, side.ended]);
    return 'by' in endpoint ? endpoint : { side, endpoint };
  }

  #common(): PairOptions {
    const { name, tuning } = this.#options;
    const arbiter = join(stateFolder(), 'ft', 'arbiter');
    mkdirSync(arbiter, { recursive: true });
    return { name, arbiter: `file:${arbiter}`, tuning: { ...tuning, sameHost: true } };
  }

  #heard(message: FromSide, side: PairSide): void {
    switch (message.kind) {
      case 'said':
        this.#say(message);
        break;
      case 'notice':
        this.#ui.notice(`${side.role}: ${message.text}`);
        break;
      case 'changed': {
        const since = this.#diedMs === undefined ? undefined : performance.now() - this.#diedMs;
        this.#ui.changed(side.role, message.status, since);
        if (side.isLive) for (const bytes of this.#typed.splice(0)) side.tell({ kind: 'typed', bytes });
        break;
      }
      default:
    }
  }

  #say({ device, unit, bytes }: Extract<FromSide, { kind: 'said' }>): void {
    try {
      this.#console.say(device, unit, bytes);
    } catch (error) {
      this.#failure ??= error as Error;
      this.#stop(true);
    }
  }

  #died(): void {
    this.#diedMs ??= performance.now();
  }

  /** Undefined while the guest lives nowhere. */
  #liveSide(): PairSide | undefined {
    return this.#sides.find((side) => side.isLive);
  }

  #inbox(): Inbox {
    return {
      deliver: (input) => {
        if (input.kind !== 'console') return;
        const side = this.#liveSide();
        if (side === undefined) this.#typed.push(input.bytes);
        else side.tell({ kind: 'typed', bytes: input.bytes });
      },
      congested: false,
      cleared: async () => {},
      notice: (text) => this.#ui.notice(text),
      quit: () => this.#stop(true),
      fail: (error) => {
        this.#failure ??= error;
        this.#stop(true);
      },
    };
  }

  /** The side where the guest lives ends it, and the other one ends with it; without such a side both end. */
  #stop(quit: boolean): void {
    const side = this.#liveSide();
    if (side !== undefined) side.tell({ kind: 'stop', quit });
    else for (const each of new Set([...this.#sides, this.#starting])) each?.tell({ kind: 'stop', quit });
  }
}

/** That of the side that ended with the guest; the primary's when both did. */
function outcomeOf(ends: readonly SideEnd[]): PairOutcome {
  const refused = ends.find((end) => end.refused !== undefined)?.refused;
  const outcomes = ends.flatMap(({ outcome }) => (outcome?.handedOver === undefined ? (outcome ?? []) : []));
  const best = outcomes.find(({ ending }) => ending === 'halted' || ending === 'stopped') ?? outcomes[0];
  if (best === undefined) {
    if (refused !== undefined) throw fromPlain(refused);
    const what = `both sides of the pair are lost (${ends.map(({ by }) => by).join(', ')})`;
    throw new UserError('pair-lost', what, 'start it again: what was in memory is gone', ExitCode.lost);
  }
  const { error, ...outcome } = best;
  return { ...outcome, ...(error === undefined ? {} : { error: fromPlain(error) }) };
}

/** The guest lives on elsewhere, if the other side does. */
function isLoss({ outcome, refused }: SideEnd): boolean {
  if (refused !== undefined) return false;
  if (outcome?.handedOver !== undefined) return true;
  return outcome === undefined || outcome.ending === 'diverged' || outcome.error?.code === 'pair-lost';
}

/** Two sides on one host have two images. */
function imagesFor(drives: readonly DriveOptions[], isSecond: boolean): { readonly drives?: readonly DriveOptions[] } {
  if (!drives.some(({ mode }) => mode === 'own')) return {};
  const second = (drive: DriveOptions): DriveOptions => ({ ...drive, path: `${drive.path}${SECOND_SUFFIX}` });
  return { drives: drives.map((drive) => (isSecond && drive.mode === 'own' ? second(drive) : drive)) };
}

function besides(output: string): string {
  const stem = output.endsWith(RECORDING_SUFFIX) ? output.slice(0, -RECORDING_SUFFIX.length) : output;
  return `${stem}.backup${RECORDING_SUFFIX}`;
}

function isTerminal(input: TrialUi['input']): input is TerminalInput {
  return 'isTTY' in input && input.isTTY === true;
}

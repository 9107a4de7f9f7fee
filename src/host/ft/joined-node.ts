/**
 * The main thread of a primary whose guest has run in no pair so far, in this process: it goes on where it is, with its
 * thread, its devices and its log, and lives alone at this side until it has a backup.
 *
 *     served as before ── start: the order 'join' ──> the guest's answer 'joined' ──> alone ──> as any primary
 */

import type { Arbiter } from '../../ft/arbiter.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import type { RunningGuest } from '../live/live-guest.ts';
import type { LogFileSink } from '../log-file-sink.ts';
import type { DriveFile } from '../ports/drive-file.ts';
import type { HostPort } from '../ports/port.ts';
import type { Membership } from './membership.ts';
import type { NodeUi, PrimaryOptions } from './pair-options.ts';
import { PrimaryNode } from './primary-node.ts';
import type { Report } from './ring-messages.ts';
import { insideOf } from './surroundings.ts';

/**
 * The guest's own log, which the node closes. `isNew`: nothing is in it, as the guest has been recorded nowhere so far;
 * else its thread may go over to another file until it is of the pair.
 */
export interface JoiningLog {
  readonly sink: LogFileSink;
  readonly isNew?: boolean;
}

/** A guest with what it has on this host; nobody else serves it. */
export interface JoiningParts {
  readonly running: RunningGuest;
  /** Open. */
  readonly ports: readonly HostPort[];
  /** Those among the ports that are drives. */
  readonly drives: readonly DriveFile[];
  readonly log: JoiningLog;
}

export class JoinedNode extends PrimaryNode {
  readonly #parts: JoiningParts;
  readonly #joined = Promise.withResolvers<boolean>();

  /** As PrimaryNode. */
  constructor(
    options: PrimaryOptions,
    settings: PairSettings,
    parts: JoiningParts,
    arbiter: Arbiter,
    ui: NodeUi,
    membership?: Membership,
  ) {
    super(options, settings, arbiter, ui, membership, parts.running);
    this.#parts = parts;
  }

  /** Resolves when the guest is of the pair; with false when it has ended before. */
  get joined(): Promise<boolean> {
    return this.#joined.promise;
  }

  protected override async start(): Promise<void> {
    const { running, ports, drives, log } = this.#parts;
    const { fd, path } = log.sink;
    running.heed(this.voices);
    this.devices.adopt(ports, drives);
    this.log.use(log.sink);
    this.runGuest(() => this.guest.goOn());
    const inside = [...insideOf(this.options.guest.drives)];
    this.guest.order({ kind: 'join', inside, ...(log.isNew === true ? { log: { fd, path } } : {}) });
  }

  protected override begin(): void {
    throw new Error('a guest that runs already does not begin');
  }

  protected override heard(report: Report): void {
    if (report.kind === 'joined') {
      this.log.use(this.#parts.log.sink);
      this.livesAlone();
      this.#joined.resolve(true);
    } else super.heard(report);
  }

  protected override async shut(): Promise<void> {
    this.#joined.resolve(false);
  }
}

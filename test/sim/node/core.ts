/** The protocol cores as the simulator drives them, so that something can be put around them. */

import type { Output } from '../../../src/emu/machine/events.ts';
import type { BackupEffect, BackupEvent, PrimaryEffect, PrimaryEvent } from '../../../src/ft/protocol/io.ts';

export interface Core<Event, Effect> {
  handle(event: Event, nowMs: number): readonly Effect[];
  readonly deadline: number | undefined;
  readonly state: string;
  /** Of a primary's. */
  readonly acked?: number | undefined;
}

export type PrimaryCore = Core<PrimaryEvent<Output>, PrimaryEffect<Output>>;
export type BackupCore = Core<BackupEvent<Output>, BackupEffect<Output>>;

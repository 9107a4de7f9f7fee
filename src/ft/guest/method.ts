/**
 * How the guest thread of a primary keeps its backup in step: what it puts into frames, and when what the guest gives
 * out may go behind them. The protocol core, and so who may live, is the same for all. docs/ft-protocol.md, "Ways of
 * the literature".
 *
 *                     frames                        outputs go behind                    inputs are delivered
 *     log             the log, as it is made        the frame with their mark            at the end of a slice
 *     stop            the same                      the same; then the guest stands      the same
 *                                                   still until it is acknowledged
 *     epochs          the same                      the frame with their mark            at the end of an epoch
 *     checkpoints     changed pages and state       the next state                       at the end of a slice
 */

import type { InputSource } from '../../session/source.ts';
import type { CoveredGateParts } from './covered-gate.ts';

export const METHODS = ['log', 'checkpoints', 'epochs', 'stop'] as const;
export type MethodName = (typeof METHODS)[number];

/** Who reads the guest's disks for the backup: nobody, as what was read is in the log; or the backup itself. */
export const DISK_READS = ['log', 'backup'] as const;
export type DiskReads = (typeof DISK_READS)[number];

export interface MethodSettings {
  readonly name: MethodName;
  /** 'backup': with the method 'log' alone. */
  readonly diskReads: DiskReads;
  /** Length of an epoch. */
  readonly epochTicks: bigint;
  readonly checkpointsPerSecond: number;
}

/**
 * Remus takes 20 to 40 checkpoints a second. Bressoud and Schneider's longest epoch is 385,000 instructions on a
 * processor of 50 MHz, 7.7 ms; the default is as long at 500 million instructions a second.
 */
export const METHOD_DEFAULTS: MethodSettings = {
  name: 'log',
  diskReads: 'log',
  epochTicks: 4_000_000n,
  checkpointsPerSecond: 25,
};

/** Of a guest that is followed; one that nobody follows has none. */
export interface Method extends Pick<CoveredGateParts, 'flush' | 'pass'>, Required<Pick<CoveredGateParts, 'passed'>> {
  /** Stands between the recorder and the live source. */
  readonly source: InputSource;
  /** Host time at which there is something to do although the guest waits; undefined: none. */
  readonly dueNs?: bigint | undefined;
  /** Of a method that transfers state: hands over that of this moment. Gives the pages of it. */
  write?(): number;
  /** Nobody follows any more: whatever is kept back goes. */
  ended?(): void;
}

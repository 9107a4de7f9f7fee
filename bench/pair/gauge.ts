/** Measures a machine between two moments: time, processor time, channel, and what the primary tells meanwhile. */

import type { PrimaryStatus } from '../../src/ft/protocol/status.ts';
import type { Machine } from './machine.ts';

const POLL_MS = 200;
/** The lag that a status tells is that of the last entries: by then they are entries of this stage. */
const SETTLE_MS = 1000;
/** Length, kind, sequence number and checksum around each frame of the log. */
const FRAME_OVERHEAD = 13;

export interface Lag {
  /** Milliseconds: median of the readings' medians; the worst reading of each other. */
  readonly p50: number;
  readonly p99: number;
  readonly now: number;
}

export interface Gauged {
  readonly seconds: number;
  /** Processor time of the process with the guest, and of the backup. */
  readonly cpuSeconds: number;
  readonly backupCpuSeconds: number;
  /** From primary to backup; NaN without a pair. */
  readonly channelBytes: number;
  /** That the recording has grown by; 0 without one. */
  readonly logBytes: number;
  readonly lag: Lag | undefined;
  /** Least share of the processor that the primary gave its guest. */
  readonly share: number;
  /** Times that a full buffer stopped the guest. */
  readonly stalls: number;
}

interface Moment {
  readonly atMs: number;
  readonly cpu: number;
  readonly backupCpu: number;
  readonly logBytes: number;
  readonly sentBytes: number;
}

export class Gauge {
  readonly #machine: Machine;
  readonly #poll: NodeJS.Timeout;
  #readings: { readonly atMs: number; readonly status: PrimaryStatus }[] = [];
  #from: Moment | undefined;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#poll = setInterval(() => void this.#read(), POLL_MS);
  }

  begin(): void {
    this.#readings = this.#readings.slice(-1);
    this.#from = this.#moment();
  }

  /** Since `begin`. */
  async end(): Promise<Gauged> {
    const [from, to] = [this.#from ?? this.#moment(), this.#moment()];
    const paired = this.#machine.backup !== undefined;
    if (paired) await this.#read();
    const statuses = this.#readings.map(({ status }) => status);
    const settled = this.#readings.filter(({ atMs }) => atMs > from.atMs + SETTLE_MS);
    const [first, last] = [statuses[0], statuses.at(-1)];
    const frames = first === undefined || last === undefined ? 0 : last.frames.handed - first.frames.handed;
    const sent = to.sentBytes - from.sentBytes;
    const written = paired ? to.logBytes - from.logBytes + frames * FRAME_OVERHEAD : Number.NaN;
    return {
      seconds: (to.atMs - from.atMs) / 1000,
      cpuSeconds: to.cpu - from.cpu,
      backupCpuSeconds: to.backupCpu - from.backupCpu,
      // A connection that was made anew counts from 0.
      channelBytes: sent >= 0 ? sent : written,
      logBytes: to.logBytes - from.logBytes,
      lag: lagOf(settled.length > 0 ? settled.map(({ status }) => status) : statuses.slice(-1)),
      share: Math.min(...statuses.map(({ share }) => share)),
      stalls: first === undefined || last === undefined ? Number.NaN : last.stalls - first.stalls,
    };
  }

  close(): void {
    clearInterval(this.#poll);
  }

  async #read(): Promise<void> {
    const status = await this.#machine.status();
    if (status !== undefined) this.#readings.push({ atMs: performance.now(), status });
  }

  #moment(): Moment {
    const { main, backup } = this.#machine;
    return {
      atMs: performance.now(),
      cpu: main.cpuSeconds(),
      backupCpu: backup?.cpuSeconds() ?? Number.NaN,
      logBytes: this.#machine.logBytes(),
      sentBytes: this.#machine.sentBytes(),
    };
  }
}

function lagOf(statuses: readonly PrimaryStatus[]): Lag | undefined {
  if (statuses.length === 0) return undefined;
  const medians = statuses.map(({ lagMs }) => lagMs.p50).sort((a, b) => a - b);
  return {
    p50: medians[medians.length >> 1]!,
    p99: Math.max(...statuses.map(({ lagMs }) => lagMs.p99)),
    now: Math.max(...statuses.map(({ lagMs }) => lagMs.now)),
  };
}

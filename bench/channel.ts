/**
 * `npm run bench:channel`: what the logging channel costs and how long it holds an output, without a guest. Three
 * threads: one hands over frames and packets as a primary's guest thread does, one is a primary's main thread, one a
 * backup's. Processor time is each thread's own, so that a busy machine changes it little. README.md, "The channel".
 */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Output } from '../src/emu/machine/events.ts';
import { Doorbell } from '../src/host/doorbell.ts';
import type { Endpoint } from '../src/host/ft/endpoint.ts';
import { type LinkEffect, PrimaryLink } from '../src/host/ft/primary-link.ts';
import { decodeReport } from '../src/host/ft/ring-messages.ts';
import { sharedState } from '../src/host/live/shared-state.ts';
import { RingReader } from '../src/host/ring.ts';
import { LOADS, type Load } from './channel/loads.ts';
import { benchSettings } from './channel/settings.ts';
import { quantileOf } from './pair/report.ts';
import { figure, formatTable } from './table.ts';

const GUEST = new URL('./channel/guest-thread.ts', import.meta.url);
const BACKUP = new URL('./channel/backup-thread.ts', import.meta.url);

const cpuUs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};

/** One backup, and a primary's link to it. */
class Bench {
  readonly #backup = new Worker(BACKUP);
  #link!: PrimaryLink;
  #released = 0;
  #heldMs: number[] = [];
  #next = 0;

  async open(): Promise<void> {
    const [endpoint] = (await once(this.#backup, 'message')) as [Endpoint];
    const begun = new Promise<void>((done) => {
      const parts = {
        settings: benchSettings('p'),
        endpoint,
        key: undefined,
        surroundings: new Uint8Array(1),
        copy: 0,
      };
      this.#link = new PrimaryLink(parts, {
        effect: (effect) => (effect.kind === 'begin' ? done() : this.#effect(effect)),
        claim: () => {},
        truthful: (message) => message,
        acked: () => {},
        unreached: () => {},
        look: () => {},
      });
      this.#link.tell();
    });
    await begun;
  }

  async run(load: Load): Promise<string[]> {
    this.#heldMs = [];
    this.#released = 0;
    const shared = sharedState();
    const guest = new Worker(GUEST, { workerData: { shared, load, first: this.#next } });
    const ended = once(guest, 'message') as Promise<[{ readonly cpuUs: number }]>;
    this.#next += load.groups;
    const [own, other] = [cpuUs(), await this.#backupUs()];
    await this.#serve(shared, load);
    const [guestCost] = await ended;
    const costs = [guestCost.cpuUs, cpuUs() - own, (await this.#backupUs()) - other].map((us) =>
      figure(us / load.groups),
    );
    const held = load.packets === 0 ? ['-', '-'] : [0.5, 0.99].map((part) => figure(quantileOf(this.#heldMs, part)));
    return [load.name, ...costs, ...held];
  }

  async close(): Promise<void> {
    this.#link.stop();
    await this.#backup.terminate();
  }

  /** Until everything of the load is acknowledged and released. */
  async #serve(shared: ReturnType<typeof sharedState>, load: Load): Promise<void> {
    const [ownBell, guestBell] = [new Doorbell(shared.hostBell), new Doorbell(shared.guestBell)];
    const reports = new RingReader(shared.toHost, () => guestBell.ring());
    const keepAlive = setInterval(() => ownBell.ring(), 5);
    while (this.#link.acked < this.#next - 1 || this.#released < load.packets * load.groups) {
      const seen = ownBell.rings;
      for (let i = 0; i < 64; i++) {
        const message = reports.read();
        const report = message === undefined ? undefined : decodeReport(message);
        if (report === undefined) break;
        if (report.kind === 'frame') this.#link.tell(report);
        else if (report.kind === 'output')
          this.#link.tell({ kind: 'output', output: { device: 'net', unit: report.unit, payload: report.output } });
      }
      if (reports.used > 0) await new Promise((done) => setImmediate(done));
      else await ownBell.rung(seen);
    }
    clearInterval(keepAlive);
  }

  #effect(effect: LinkEffect): void {
    if (effect.kind !== 'release') return;
    this.#released++;
    const { frame } = effect.output.payload as Extract<Output, { kind: 'packet' }>;
    const madeNs = new DataView(frame.buffer, frame.byteOffset).getBigInt64(0);
    this.#heldMs.push(Number(process.hrtime.bigint() - madeNs) / 1e6);
  }

  async #backupUs(): Promise<number> {
    this.#backup.postMessage('usage');
    const [{ cpuUs: us }] = (await once(this.#backup, 'message')) as [{ cpuUs: number }];
    return us;
  }
}

const bench = new Bench();
await bench.open();
const rows: string[][] = [];
const only = process.argv.slice(2);
for (const load of LOADS.filter(({ name }) => only.length === 0 || only.includes(name)))
  rows.push(await bench.run(load));
await bench.close();
const head = ['load', 'guest µs', 'primary µs', 'backup µs', 'held ms p50', 'held ms p99'];
process.stdout.write(`${formatTable({ title: 'The channel, for each frame and its packets', head, rows })}\n`);

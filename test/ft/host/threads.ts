/** Guests of a pair's sides on their threads, with no network in between: what one reports is given to the other. */
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Output } from '../../../src/emu/machine/events.ts';
import { METHOD_DEFAULTS } from '../../../src/ft/guest/method.ts';
import type { EntropySetting } from '../../../src/host/entropy.ts';
import type { Report } from '../../../src/host/ft/ring-messages.ts';
import { type GuestJob, SideGuest } from '../../../src/host/ft/side-guest.ts';
import { DEFAULTS } from '../../../src/host/guest-options.ts';
import { imageOf } from '../../../src/host/images.ts';
import { keepImages } from '../../../src/host/kept-images.ts';
import type { GuestEnd } from '../../../src/host/live/job.ts';
import { headerOf } from '../../../src/host/recording-header.ts';
import { assemble } from '../../emu/cpu/translator/assembler.ts';
import { config } from '../../emu/machine/guest.ts';

const RAM_BASE = 0x8000_0000n;
/** Goes round and round, and says nothing. */
export const SPINS = 'again: j again';

export interface ThreadWords {
  /** Of a primary: what it runs, in M-mode from where RAM begins. */
  readonly program?: string;
  readonly entropy?: EntropySetting;
}

/** The frames of a log among what was reported. */
export const framesOf = (reports: readonly Report[]): Uint8Array[] =>
  reports.flatMap((report) => (report.kind === 'frame' ? [report.bytes] : []));

/** A guest on its thread, and everything that it has reported. */
export class Thread {
  readonly guest: SideGuest;
  readonly end: Promise<GuestEnd>;
  readonly reports: Report[] = [];
  readonly direct: Output[] = [];
  #news = Promise.withResolvers<void>();

  constructor(job: GuestJob) {
    const heard = (): void => {
      this.#news.resolve();
      this.#news = Promise.withResolvers();
    };
    this.guest = new SideGuest({
      report: (report) => {
        this.reports.push(report);
        heard();
      },
      direct: (output) => {
        this.direct.push(output);
        heard();
      },
      live: heard,
    });
    this.end = this.guest.run(job);
    this.end.then(heard, heard);
  }

  /** Waits until what it has reported is so; an error when it ends before. */
  async until(holds: (thread: Thread) => boolean): Promise<void> {
    const over = this.end.then(() => 'over');
    while (!holds(this)) {
      const news = this.#news.promise;
      if ((await Promise.race([news, over])) === 'over' && !holds(this)) throw new Error('the guest has ended');
    }
  }

  reported(kind: Report['kind']): Promise<void> {
    return this.until(({ reports }) => reports.some((report) => report.kind === kind));
  }

  /** What its consoles have said, byte for byte. */
  get said(): Uint8Array {
    const parts = this.reports.flatMap((report) =>
      report.kind === 'output' && report.output.kind === 'console' ? [report.output.bytes] : [],
    );
    return new Uint8Array(Buffer.concat(parts));
  }

  /** Looks for a while; its guest stands still when it has come no further in four looks. */
  async standsStill(): Promise<boolean> {
    for (let looks = 0, same = 0, ticks = -1n; looks < 100; looks++) {
      const now = this.guest.progress.ticks;
      same = now === ticks ? same + 1 : 0;
      if (same === 4) return true;
      ticks = now;
      // The counters are brought up to date every 20 ms.
      await new Promise((done) => setTimeout(done, 50));
    }
    return false;
  }

  async goesOn(): Promise<void> {
    const { ticks } = this.guest.progress;
    while (this.guest.progress.ticks <= ticks) await new Promise((done) => setTimeout(done, 10));
  }
}

/** Threads of one test: they end with it. */
export function eachThread() {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-threads-'));
  const files: number[] = [];
  const threads: Thread[] = [];
  onTestFinished(async () => {
    for (const { guest } of threads) guest.stop();
    await Promise.all(threads.map(({ end }) => end.catch(() => {})));
    for (const file of files) closeSync(file);
    rmSync(folder, { recursive: true });
  });
  const log = (): { readonly fd: number; readonly path: string } => {
    const path = join(folder, `${files.length}.lks`);
    const fd = openSync(path, 'wx');
    files.push(fd);
    return { fd, path };
  };
  const started = (job: GuestJob): Thread => {
    const thread = new Thread(job);
    threads.push(thread);
    return thread;
  };
  const common = ({ entropy = { kind: 'host' } }: ThreadWords) =>
    ({ engine: 'interpreter', entropy, method: METHOD_DEFAULTS, inside: new Set<string>(), log: log() }) as const;
  return {
    primary: (words: ThreadWords = {}): Thread => {
      const { bytes } = assemble(words.program ?? SPINS, RAM_BASE).pieces[0]!;
      const plan = { config: config({ clock: 'host' }), images: { kernel: imageOf(bytes, 'guest') } };
      return started({
        ...common(words),
        role: 'primary',
        config: plan.config,
        header: headerOf(plan, DEFAULTS),
        images: keepImages({ kernel: bytes }),
        followed: true,
      });
    },
    backup: (words: ThreadWords = {}): Thread => started({ ...common(words), role: 'backup' }),
  };
}

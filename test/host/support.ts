/** Recordings of the samples, for tests: into a folder of their own, with streams in place of a terminal. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { stampAt } from '../../src/host/file-stamp.ts';
import { DEFAULTS } from '../../src/host/guest-options.ts';
import type { Outcome } from '../../src/host/outcome.ts';
import { type ContinueOptions, continueLive, recordGuest } from '../../src/host/record-guest.ts';
import type { LiveUi, RecordOptions } from '../../src/host/record-options.ts';
import { type ReplayOptions, replayFile } from '../../src/host/replay-file.ts';

export const sample = (name: string): string =>
  fileURLToPath(new URL(`../../samples/prebuilt/${name}.elf`, import.meta.url));

export const MIB = 1024 * 1024;

/** A stream that keeps what is written to it, without carriage returns. */
export class Captured extends Writable {
  text = '';
  #watchers: (() => void)[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('latin1').replaceAll('\r', '');
    for (const watcher of this.#watchers.splice(0)) watcher();
    done();
  }

  async until(holds: (text: string) => boolean): Promise<void> {
    while (!holds(this.text)) await new Promise<void>((done) => this.#watchers.push(done));
  }
}

/** A folder for the tests of a file; the state folder is inside while they run. */
export function testFolder(): { path(name: string): string } {
  let folder = '';
  const state = process.env.XDG_STATE_HOME;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-test-'));
    process.env.XDG_STATE_HOME = join(folder, 'state');
  });
  afterAll(() => {
    if (state === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = state;
    rmSync(folder, { recursive: true });
  });
  return { path: (name) => join(folder, name) };
}

export interface Told {
  readonly outcome: Outcome;
  readonly text: string;
  readonly notices: readonly string[];
}

/** What a test says and hears while a guest is live. */
export class TestUi implements LiveUi {
  readonly input = new PassThrough();
  readonly output = new Captured();
  readonly notices: string[] = [];
  readonly #stop = new AbortController();

  get stop(): AbortSignal {
    return this.#stop.signal;
  }
  notice(text: string): void {
    this.notices.push(text);
  }
  end(): void {
    this.#stop.abort();
  }
  told(outcome: Outcome): Told {
    return { outcome, text: this.output.text, notices: this.notices };
  }
}

/**
 * Records a sample, to a file of the default folder when `output` is left out; `during` may speak with it meanwhile.
 */
export async function record(
  kernel: string,
  output: string | undefined,
  options: Partial<RecordOptions> = {},
  during: (ui: TestUi) => Promise<void> = async () => {},
): Promise<Told> {
  const ui = new TestUi();
  const named = output === undefined ? {} : { output };
  const all = { ...DEFAULTS, memoryBytes: 16 * MIB, kernel: sample(kernel), ...named, ...options };
  const ending = recordGuest(all, ui);
  const [outcome] = await Promise.all([ending, during(ui)]);
  return ui.told(outcome);
}

export async function replay(file: string, options: Partial<ReplayOptions> = {}): Promise<Told> {
  const output = new Captured();
  const outcome = await replayFile({ file, engine: 'interpreter', ...options }, { output });
  return { outcome, text: output.text, notices: [] };
}

export async function goLive(
  file: string,
  output: string,
  options: Partial<ContinueOptions> = {},
  during: (ui: TestUi) => Promise<void> = async () => {},
): Promise<Told> {
  const ui = new TestUi();
  const { drives, nets, uart, consoles, entropy, engine } = DEFAULTS;
  const surroundings = { drives, nets, uart, consoles, entropy, engine };
  const ending = continueLive({ ...surroundings, file, output, ...options }, ui);
  const [outcome] = await Promise.all([ending, during(ui)]);
  return ui.told(outcome);
}

/** Until the recording of that name, of which the end is kept, has been another file so often. */
export async function turned(file: string, times: number): Promise<void> {
  let last = stampAt(file)?.ino;
  for (let left = times; left > 0; await sleep(5)) {
    const now = stampAt(file)?.ino;
    if (now !== last && last !== undefined) left--;
    last = now;
  }
}

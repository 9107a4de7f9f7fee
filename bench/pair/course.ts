/** A guest on its way through its stages, each measured, from the machine's start to its end. */

import { Gauge, type Gauged } from './gauge.ts';
import type { PairImages } from './images.ts';
import { Machine, type Mode } from './machine.ts';
import type { WorkName } from './works.ts';

const LIMIT_MS = 3_600_000;

export interface Sample {
  readonly round: number;
  readonly mode: Mode;
  readonly work: WorkName;
  readonly gauged?: Gauged;
  /** Of each answer, milliseconds. */
  readonly latencies?: readonly number[];
}

export interface Turn {
  readonly samples: readonly Omit<Sample, 'round' | 'mode'>[];
  readonly failure?: string;
}

export interface Plan {
  readonly works: readonly WorkName[];
  readonly quick: boolean;
  readonly images: PairImages | undefined;
  readonly detectMs: number | undefined;
  readonly roundTripMs: number | undefined;
  /** For everything of one turn; made and removed by it. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stop: AbortSignal;
  /** Told of what has been measured. */
  readonly note: (text: string) => void;
}

/** What a guest is started with, and what the host does for it. */
export interface Course {
  readonly flags: readonly string[];
  readonly stages: readonly WorkName[];
  /** The guest's console has said that a stage begins; what a client measured of it. */
  readonly begun?: (stage: WorkName, machine: Machine) => Promise<readonly number[]>;
  /** For a guest that says nothing: its only stage, from the start. */
  readonly started?: (machine: Machine) => Promise<readonly number[]>;
}

export class CourseRun {
  readonly #mode: Mode;
  readonly #plan: Plan;
  readonly #course: Course;
  readonly #samples: Turn['samples'][number][] = [];
  readonly #pending: Promise<void>[] = [];
  #machine: Machine | undefined;
  #gauge: Gauge | undefined;
  /** Of the stage that is under way. */
  #client: Promise<readonly number[]> = Promise.resolve([]);
  #failure: string | undefined;

  constructor(mode: Mode, plan: Plan, course: Course) {
    this.#mode = mode;
    this.#plan = plan;
    this.#course = course;
  }

  /** Once. No process of the machine is left when it settles. */
  async run(): Promise<Turn> {
    const { stop, folder, env } = this.#plan;
    const stopped = (): void => this.#fail('interrupted');
    stop.addEventListener('abort', stopped);
    const limit = setTimeout(() => this.#fail(`no end within ${LIMIT_MS / 1000} s`), LIMIT_MS);
    try {
      const line = (text: string): void => this.#line(text);
      const machine = await Machine.start(this.#mode, this.#course.flags, folder, env, line, this.#plan);
      this.#machine = machine;
      this.#gauge = new Gauge(machine);
      if (stop.aborted) stopped();
      await this.#whole(machine);
      const end = await machine.failure();
      await Promise.all(this.#pending);
      const failure = this.#failure ?? end ?? this.#missing(machine);
      return { samples: this.#samples, ...(failure === undefined ? {} : { failure }) };
    } finally {
      stop.removeEventListener('abort', stopped);
      clearTimeout(limit);
      this.#gauge?.close();
      this.#machine?.kill();
    }
  }

  async #whole(machine: Machine): Promise<void> {
    const [work] = this.#course.stages;
    if (this.#course.started === undefined || work === undefined) return;
    try {
      this.#samples.push({ work, latencies: await this.#course.started(machine) });
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  #line(text: string): void {
    const [, word, name] = /@@(BEGIN|END) (\w+)/.exec(text) ?? [];
    const stage = this.#course.stages.find((each) => each === name);
    if (stage === undefined || this.#gauge === undefined || this.#machine === undefined) return;
    if (word === 'END') {
      const added = this.#add(stage, this.#gauge.end(), this.#client);
      this.#pending.push(added.catch((error: Error) => this.#fail(`${stage}: ${error.message}`)));
      return;
    }
    this.#gauge.begin();
    this.#client = this.#course.begun?.(stage, this.#machine) ?? Promise.resolve([]);
    this.#client.catch((error: Error) => this.#fail(`${stage}: ${error.message}`));
  }

  async #add(work: WorkName, gauging: Promise<Gauged>, client: Promise<readonly number[]>): Promise<void> {
    const gauged = await gauging;
    this.#samples.push({ work, gauged, latencies: await client });
    const [wall, cpu] = [gauged.seconds.toFixed(1), gauged.cpuSeconds.toFixed(2)];
    this.#plan.note(`${this.#mode}, ${work}: ${wall} s, processor ${cpu} s`);
  }

  #missing(machine: Machine): string | undefined {
    const missing = this.#course.stages.find((stage) => !this.#samples.some(({ work }) => work === stage));
    return missing === undefined ? undefined : `${missing} did not end: ${machine.main.tail}`;
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
    this.#machine?.kill();
  }
}

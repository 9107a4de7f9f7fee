/** Questions to the samples of a bench. A figure that was not measured, or failed, is NaN. */

import type { Sample } from './rounds.ts';
import { median } from './stats.ts';
import type { Row, Work } from './works.ts';

export class Results {
  readonly samples: readonly Sample[];
  readonly rounds: number;

  constructor(samples: readonly Sample[]) {
    this.samples = samples;
    this.rounds = samples.reduce((most, { round }) => Math.max(most, round), 0);
  }

  /** Seconds of `row` under `runner`, one for each round. */
  seconds(row: Row, runner: string): number[] {
    return this.#each(row.work, runner, (sample) =>
      row.mark === undefined ? sample.seconds : (sample.marks.get(row.mark)?.seconds ?? Number.NaN),
    );
  }

  /** Instructions of `row`, counted under `run`: the same work has the same count everywhere. */
  instructions(row: Row): number {
    const counts = this.#each(row.work, 'run', ({ marks, ticks }) =>
      row.mark === undefined ? (ticks ?? Number.NaN) : marks.get(row.mark)?.instructions || Number.NaN,
    );
    return median(counts);
  }

  /** Million instructions a second, one for each round. */
  mips(row: Row, runner: string): number[] {
    const millions = this.instructions(row) / 1e6;
    return this.seconds(row, runner).map((seconds) => millions / seconds);
  }

  /** How many times the seconds of `a` are those of `b`: the median of the rounds' own ratios. */
  ratio(row: Row, a: string, b: string): number {
    const under = this.seconds(row, b);
    return median(this.seconds(row, a).map((seconds, round) => seconds / under[round]!));
  }

  /** The median of a figure of a whole run. */
  whole(work: Work, runner: string, figure: (sample: Sample) => number | undefined): number {
    return median(this.#each(work, runner, (sample) => figure(sample) ?? Number.NaN));
  }

  /** Rows whose checksums differ between runners, as sentences. */
  disagreements(rows: readonly Row[]): string[] {
    return rows.flatMap(({ name, work, mark }) => {
      const found = this.samples.filter((sample) => sample.work === work.name && sample.failure === undefined);
      const sums = new Set(found.flatMap(({ marks }) => marks.get(mark ?? '')?.checksum ?? []));
      return sums.size > 1 ? [`${name}: checksums differ: ${[...sums].join(' ')}`] : [];
    });
  }

  #each(work: Work, runner: string, figure: (sample: Sample) => number): number[] {
    const values = Array.from({ length: this.rounds }, () => Number.NaN);
    for (const sample of this.samples) {
      if (sample.work !== work.name || sample.runner !== runner || sample.failure !== undefined) continue;
      values[sample.round - 1] = figure(sample);
    }
    return values;
  }
}

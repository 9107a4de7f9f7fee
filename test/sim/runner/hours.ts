/** One world that lasts for hours, without faults: the two machines must be in the same state all the time. */

import { hourOptions } from '../world/options.ts';
import { World } from '../world/world.ts';

const HOUR_US = 3.6e9;

export interface HoursOutcome {
  readonly clean: boolean;
  /** Of the log, compared by the replayer; and of the whole machine, compared by the monitor at each count. */
  readonly digests: number;
  readonly states: number;
  readonly answers: number;
  readonly frames: number;
  readonly processorSeconds: number;
}

/** `line`: one for each hour, and for what was found. */
export function runHours(seed: number, hours: number, line: (text: string) => void): HoursOutcome {
  const world = new World(hourOptions(seed, hours), [], {});
  const { monitor, clockwork } = world;
  const before = process.cpuUsage();
  const [primary, backup] = world.nodes;
  const outcome = (): HoursOutcome => {
    const { user, system } = process.cpuUsage(before);
    return {
      clean: monitor.violations.length === 0 && primary.standing === 'protected' && backup.standing === 'following',
      digests: backup.guest?.digests ?? 0,
      states: monitor.compared,
      answers: world.clients.reduce((sum, { history }) => sum + history.filter((one) => one.completed).length, 0),
      frames: monitor.frames,
      processorSeconds: (user + system) / 1e6,
    };
  };
  for (let hour = 0; hour < hours && monitor.violations.length === 0; ) {
    hour = Math.min(hour + 1, hours);
    clockwork.runUntil(hour * HOUR_US, () => monitor.violations.length > 0);
    line(`${hour} h: ${describe(outcome())}`);
  }
  for (const { invariant, what } of monitor.violations) line(`${invariant}: ${what}`);
  return outcome();
}

export function describe({ clean, digests, states, answers, frames, processorSeconds }: HoursOutcome): string {
  const compared = `${digests} digests and ${states} states compared, ${clean ? 'all equal' : 'NOT all well'}`;
  return `${compared}; ${answers} answers, ${frames} frames; ${processorSeconds.toFixed(0)} s of processor time`;
}

/**
 * The processes of a Linux guest over a recording: a timeline is gone through once, forwards, and looked at every so
 * many ticks. A look costs little while no task comes or goes; the kernel counts its forks, so what lived between two
 * looks is not seen but counted.
 */

import { minOf } from '../../lib/bigint.ts';
import { type Tick, tick } from '../../lib/brands.ts';
import type { LinuxView, Task } from '../guest/linux.ts';
import type { Pace, Timeline } from '../timeline/timeline.ts';

/** A thread; the one whose pid is its tgid stands for the process. */
export interface TaskHistory {
  readonly pid: number;
  readonly tgid: number;
  readonly parent: number;
  readonly kernelThread: boolean;
  /** Its names, with the tick at which each was first seen: one more for each program that it became. */
  readonly names: readonly { readonly comm: string; readonly tick: Tick }[];
  /** Ticks of the first and the last look at which it was there. */
  readonly first: Tick;
  readonly last: Tick;
  /** Still there at the last look of all. */
  readonly alive: boolean;
  /** Nanoseconds that it ran, as the scheduler had counted at that look. */
  readonly ranNs: bigint;
  /** As wait(2) gives it; undefined when it was not seen between its end and its parent's wait. */
  readonly exitCode: number | undefined;
}

export interface TaskHistories {
  /** In the order in which they were first seen, then by pid. */
  readonly tasks: readonly TaskHistory[];
  /** Ticks between two looks. */
  readonly every: bigint;
  /** Tasks that the kernel made and no look saw; undefined when the kernel does not count. */
  readonly unseen: bigint | undefined;
}

interface Following {
  task: Task;
  readonly names: { readonly comm: string; readonly tick: Tick }[];
  readonly first: Tick;
  last: Tick;
  gone: boolean;
}

/** From where the timeline is to `to`. */
export async function taskHistories(
  timeline: Pick<Timeline, 'board' | 'now' | 'seek'>,
  linux: LinuxView,
  every: bigint,
  to: Tick,
  pace?: Pace,
): Promise<TaskHistories> {
  const { board } = timeline;
  const all: Following[] = [];
  let there = new Map<bigint, Following>();
  let signature: string | undefined;
  for (;;) {
    const now = timeline.now;
    const counts = linux.counts(board);
    const known = counts.forks === undefined || counts.threads === undefined ? undefined : Object.values(counts).join();
    const changed = known === undefined || known !== signature;
    signature = known;
    // Tasks of the kernel itself keep their names; the others are looked at each time.
    const tasks = changed
      ? linux.tasks(board, true)
      : [...there.values()].map(({ task }) => (task.kernelThread ? task : (linux.task(board, task.at) ?? task)));
    const next = new Map<bigint, Following>();
    for (const task of tasks) {
      let one = there.get(task.at);
      if (one === undefined || one.task.pid !== task.pid) {
        one = { task, names: [], first: now, last: now, gone: false };
        all.push(one);
      }
      if (one.names.at(-1)?.comm !== task.comm) one.names.push({ comm: task.comm, tick: now });
      one.task = task;
      one.last = now;
      next.set(task.at, one);
    }
    for (const one of there.values()) if (next.get(one.task.at) !== one) one.gone = true;
    there = next;
    if (now >= to) return { tasks: all.map(historyOf), every, unseen: unseen(counts.forks, all.length) };
    await timeline.seek(tick(minOf(now + every, to)), pace);
  }
}

const historyOf = ({ task, names, first, last, gone }: Following): TaskHistory => {
  const { pid, tgid, parent, kernelThread, ranNs, state, exitCode } = task;
  const ended = state === 'Z' ? exitCode : undefined;
  return { pid, tgid, parent, kernelThread, names, first, last, alive: !gone, ranNs, exitCode: ended };
};

const unseen = (forks: bigint | undefined, seen: number): bigint | undefined =>
  forks === undefined || forks < BigInt(seen) ? undefined : forks - BigInt(seen);

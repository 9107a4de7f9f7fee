/** Processes that are made to stand still, and do. */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * SIGSTOP, and the wait until no thread of the process runs any more. kill(2) comes back before: each thread goes on
 * until the system gets round to it, milliseconds on a busy machine, and in these a server can still decide something.
 */
export function standStill(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  while (threadStates(pid).some((state) => !'TtZX'.includes(state)));
}

/** One letter each, as in proc_pid_stat(5); none where the system does not tell, or the process is gone. */
function threadStates(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => stateIn(`/proc/${pid}/task/${thread}/stat`));
  } catch {
    return [];
  }
}

/** A thread that has ended meanwhile is a dead one. */
function stateIn(stat: string): string {
  try {
    return /\) (\w)/.exec(readFileSync(stat, 'utf8'))?.[1] ?? 'X';
  } catch {
    return 'X';
  }
}

/** Whether a process is still the one that it was: a number is given again when its process is gone. */

import { readFileSync } from 'node:fs';

/** Clock ticks since boot at which the process began (proc_pid_stat(5), field 22). Undefined: there is none. */
export function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in brackets, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, start] = [fields[0], Number(fields[19])];
    return state === 'Z' ? undefined : start;
  } catch {
    return undefined;
  }
}

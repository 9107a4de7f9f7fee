/** A fault: what goes wrong, where, when and for how long. Plain data, so that a list of them is one line. */

export type FaultKind =
  /** The process is ended; its host says so to its peers. */
  | 'kill'
  /** The host is gone, and says nothing. */
  | 'crash'
  /** The process stands still (SIGSTOP) and goes on. */
  | 'stop'
  /** Its main thread does nothing for a while. */
  | 'stall'
  /** Its processors are slow. */
  | 'slow'
  /** Its monotonic clock runs too fast or too slow, or leaps forwards. */
  | 'drift'
  | 'leap'
  /** It ends as it writes the next frame to its recording. */
  | 'full log'
  /** The link between `target` and `to` is down, both ways or one. */
  | 'cut'
  | 'cut one way'
  /** The same for datagrams alone, or for connections alone, as a filter between the hosts does it. */
  | 'cut datagrams'
  | 'cut connections'
  /** Everything to and from `target` is cut. */
  | 'isolate'
  /** Every link goes down, one after the other, and comes up again in another order. */
  | 'swizzle'
  /** The channel is closed, the network is well. */
  | 'reset'
  | 'lossy'
  | 'late'
  | 'thin'
  | 'corrupt'
  /** Of datagrams only the beginning arrives. */
  | 'truncate'
  /** The storage and its arbiter stand still, or are started again, with writes that were under way done in part. */
  | 'freeze'
  | 'restart'
  | 'disk errors'
  | 'slow disk'
  /** Nothing can be written: disks answer with an error, the arbiter not at all. */
  | 'full'
  /** Claims are applied long after they were given up, or their answers are lost. */
  | 'late claims'
  | 'lost claim replies';

export interface Fault {
  readonly kind: FaultKind;
  readonly target: 'A' | 'B' | 'S' | 'R';
  readonly to?: 'A' | 'B' | 'S' | 'R' | 'C';
  /** Microseconds from the start, or the probe where it waits and how many passes it lets go by. */
  readonly at: number | { readonly probe: string; readonly skip: number };
  /** How long it lasts, microseconds. */
  readonly us: number;
  /** How bad it is, where that has degrees. */
  readonly degree: number;
}

export function describe(fault: Fault): string {
  const when =
    typeof fault.at === 'number' ? `${(fault.at / 1000).toFixed(1)} ms` : `${fault.at.probe}+${fault.at.skip}`;
  const to = fault.to === undefined ? '' : `-${fault.to}`;
  return `${fault.kind} ${fault.target}${to} at ${when} for ${(fault.us / 1000).toFixed(1)} ms`;
}

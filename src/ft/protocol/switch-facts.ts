/** What a primary knows of its backup that bears on a planned switch. */

import type { PrimaryState } from './io.ts';
import type { PrimaryParts } from './primary-status.ts';
import type { SwitchFacts } from './switchover.ts';

/** `isOff`: the end of the log is made. */
export function switchFacts<P>(
  { channel, watch, gate }: Pick<PrimaryParts<P>, 'channel' | 'watch' | 'gate'>,
  { state, isOff, now }: { readonly state: PrimaryState; readonly isOff: boolean; readonly now: number },
): SwitchFacts {
  const { handed, acked } = channel.frames;
  const { progress } = watch;
  const noBackup = (): string | undefined => {
    if (state !== 'protected') return 'the guest has no backup that follows it';
    if (isOff) return 'the guest is off';
    if (!channel.isOpen) return 'the channel to the backup is down';
    return progress.isWhole ? undefined : 'the backup is still putting its machine together';
  };
  return {
    noBackup: noBackup(),
    peer: channel.peer?.who ?? 'the backup',
    lagMs: progress.lag(now),
    allDone: acked === handed && progress.executed === handed && gate.held === 0,
  };
}

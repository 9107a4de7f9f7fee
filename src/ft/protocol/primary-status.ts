/** What a primary tells about itself, put together from its parts. */

import type { BackupWatch } from './backup-watch.ts';
import type { PrimaryState } from './io.ts';
import type { OutputGate } from './output-gate.ts';
import type { PrimaryChannel } from './primary-channel.ts';
import type { PairSettings } from './settings.ts';
import type { Stall } from './stall.ts';
import type { PrimaryStatus } from './status.ts';
import type { Switchover } from './switchover.ts';
import type { Takeover } from './takeover.ts';

export interface PrimaryParts<P> {
  readonly settings: PairSettings;
  readonly channel: PrimaryChannel;
  readonly watch: BackupWatch;
  readonly gate: OutputGate<P>;
  readonly stall: Stall;
  readonly takeover: Takeover;
  readonly switchover: Switchover;
}

export function primaryStatus<P>(parts: PrimaryParts<P>, state: PrimaryState, now: number): PrimaryStatus {
  const { settings, channel, watch, gate, stall, takeover, switchover } = parts;
  const { detector, progress, links } = watch;
  const { pair, who, host, epoch, sendBufferBytes } = settings;
  const { handed, sent, acked, bytes } = channel.frames;
  const takenOver = takeover.report;
  const alone = takenOver.liveAt !== undefined;
  const lagMs = progress.lagReport(now);
  return {
    role: 'primary',
    state,
    pair,
    who,
    host,
    epoch: alone ? takeover.epoch : epoch,
    peer: channel.peer,
    connected: channel.isOpen,
    ...takenOver,
    lastHeardAt: detector.lastHeardAt,
    heldOutputs: gate.held,
    heldBehindReads: gate.heldBack,
    digests: progress.digests,
    lagMs: alone ? { ...lagMs, now: 0 } : lagMs,
    share: alone ? 1 : progress.share,
    buffer: { bytes, limitBytes: sendBufferBytes },
    backupBufferBytes: progress.buffered,
    frames: { handed, sent, acked, executed: progress.executed },
    releasedOutputs: gate.released,
    stalled: stall.stalled,
    stalls: stall.count,
    stalledMs: stall.totalMs(now),
    reconnections: channel.reconnections,
    switchover: switchover.report,
    backupLinks: links.backup,
  };
}

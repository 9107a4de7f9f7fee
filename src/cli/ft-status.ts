/** The status of nodes for people. */

import type { ImagesProgress } from '../ft/disk/mirror-source.ts';
import type { MethodSettings } from '../ft/guest/method.ts';
import type { BackupStatus, PairStatus, PrimaryStatus } from '../ft/protocol/status.ts';
import type { NodeAddress } from '../host/ft/control-socket.ts';
import type { CopyStatus } from '../host/ft/copy-course.ts';
import { type FoundNode, isUnpaired, type NodesSeen } from '../host/ft/nodes.ts';
import type { ReadCounts } from '../host/mirror/disk-reader.ts';
import { bytes, columns, count } from './text.ts';

type Row = readonly [string, string];

/** One block of lines for each node. */
export function statusText({ nodes, silent }: NodesSeen): string {
  if (nodes.length + silent.length === 0) return 'no pair has a side on this host';
  return [...nodes.map(nodeText), ...silent.map(silentText)].join('\n\n');
}

function silentText({ pair, command, pid }: NodeAddress): string {
  return columns([
    ['pair', `${pair}, ${command}, process ${pid}`],
    ['state', 'does not answer: its process stands still, or has too much to do'],
  ]);
}

function nodeText(node: FoundNode): string {
  const { pair, pid, command, ticks, recording, recordingLost, status, copy, method, reads } = node;
  const { suspended = false, sharePercent = 100 } = node;
  const alone = isUnpaired(node) ? 'in no pair, nothing protects it' : 'waiting for a primary';
  const rows: Row[] = [
    [isUnpaired(node) ? 'name' : 'pair', `${pair}, ${command}, process ${pid}`],
    ['state', status === undefined ? alone : stateText(status)],
    ...(method === undefined ? [] : [['method', methodText(method)] as const]),
    ...(status === undefined ? [] : statusRows(status)),
    ...(status === undefined ? [] : switchRows(status)),
    ...(reads === undefined || reads.reads + reads.again === 0 ? [] : [['disk reads', readsText(reads)] as const]),
    ...backupRow(node),
    ...(copy === undefined ? [] : [['copy', copyText(copy)] as const]),
    ...(copy?.images === undefined ? [] : [['images', imagesText(copy.images)] as const]),
    ['guest', `tick ${count(ticks)}${suspended ? ', suspended' : ''}`],
    ...(sharePercent === 100 ? [] : [['share', `${sharePercent} % of a processor, by order`] as const]),
    ...(recording === undefined ? [] : [['recording', recordingLost ?? recording] as const]),
  ];
  return columns(rows);
}

/** Of a guest that has no backup: where one is looked for, and why there is none. */
function backupRow({ backup, fault, status }: FoundNode): Row[] {
  if (fault !== undefined) return [['backup', fault]];
  return status?.state === 'seeking' && backup !== undefined ? [['backup', `looked for at ${backup}`]] : [];
}

function methodText({ name, diskReads, epochTicks, checkpointsPerSecond }: MethodSettings): string {
  if (diskReads === 'backup') return `${name}; the backup reads disks itself`;
  if (name === 'epochs') return `epochs of ${count(epochTicks)} ticks`;
  return name === 'checkpoints' ? `${checkpointsPerSecond} checkpoints a second` : name;
}

function readsText({ reads, bytes: read, again }: ReadCounts): string {
  return `${count(reads)} done here, ${bytes(read)}${again === 0 ? '' : `, ${count(again)} tried again`}`;
}

function copyText({ to, round, pages, left, bytes: copied, pausedNs }: CopyStatus): string {
  const size = `${to}, round ${round}, ${count(pages)} pages, ${bytes(copied)}`;
  if (pausedNs === undefined) return `${size}, ${count(left)} pages left`;
  return `${size}, the guest stood still for ${(pausedNs / 1e6).toFixed(1)} ms`;
}

function imagesText({ compared, copied, left }: ImagesProgress): string {
  return `${bytes(compared)} compared, ${bytes(copied)} copied${left === 0 ? '' : `, ${bytes(left)} left`}`;
}

function stateText({ state, epoch, connected }: PairStatus): string {
  const channel = state === 'protected' || state === 'following' ? `, channel ${connected ? 'open' : 'down'}` : '';
  return `${state}, epoch ${epoch}${channel}`;
}

function statusRows(status: PairStatus): Row[] {
  return [
    ...(status.peer === undefined ? [] : [['other side', `${status.peer.who} on ${status.peer.host}`] as const]),
    ...(status.role === 'primary' ? primaryRows(status) : backupRows(status)),
    ['held outputs', count(status.heldOutputs)],
    ['digests', `${count(status.digests)} compared, all equal`],
  ];
}

/** The last planned switch, as the side tells it that gave the guest, or took it. */
function switchRows(status: PairStatus): Row[] {
  const { handover } = status;
  const still = (ms: number | undefined): string =>
    ms === undefined ? '' : `; the guest stood still for ${ms.toFixed(0)} ms`;
  if (handover !== undefined) return [['switch', `from there: ${handover.reason}${still(handover.stoodStillMs)}`]];
  if (status.role === 'backup' || status.switchover === undefined) return [];
  const { reason, phase, calledOff, stoodStillMs } = status.switchover;
  if (calledOff !== undefined) return [['switch', `came to nothing: ${calledOff} (${reason})`]];
  return [['switch', `${phase}: ${reason}${still(stoodStillMs)}`]];
}

function primaryRows(status: PrimaryStatus): Row[] {
  const { lagMs, share, buffer, frames, stalls, stalledMs, stalled, heldBehindReads } = status;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const { handed, acked, executed } = frames;
  const rows: Row[] = [
    ['lag', `${ms(lagMs.now)} (half below ${ms(lagMs.p50)}, 99 of 100 below ${ms(lagMs.p99)})`],
    ['buffer', `${bytes(buffer.bytes)} of ${bytes(buffer.limitBytes)} not acknowledged`],
    ['frames', `${count(handed + 1)} made, ${count(acked + 1)} acknowledged, ${count(executed + 1)} executed`],
  ];
  if (heldBehindReads > 0) rows.push(['disk writes', `${count(heldBehindReads)} waited for a read of the backup`]);
  if (share < 1) rows.push(['processor', `${(100 * share).toFixed(0)} %, so that the backup keeps up`]);
  if (stalls > 0) {
    rows.push(['stalls', `${count(stalls)}, ${(stalledMs / 1000).toFixed(1)} s${stalled ? ', stalled now' : ''}`]);
  }
  return rows;
}

function backupRows({ buffer, frames, droppedOutputs }: BackupStatus): Row[] {
  return [
    ['buffer', `${bytes(buffer.bytes)} of ${bytes(buffer.limitBytes)} not executed`],
    ['frames', `${count(frames.received + 1)} received, ${count(frames.executed + 1)} executed`],
    ['dropped', `${count(droppedOutputs)} outputs, which the primary gave out`],
  ];
}

/**
 * The steps of the protocol at which something may go wrong, each with the probe where it is: a fault that waits there
 * strikes before or after the step, as the name says. From the fault schedule of the pair's requirements.
 */

export interface KillPoint {
  readonly name: string;
  readonly probe: string;
  /** Whose step it is: who is ended, stopped or cut off there. */
  readonly node: 'A' | 'B';
}

const point = (name: string, node: 'A' | 'B', probe: string): KillPoint => ({ name, node, probe: `${node}.${probe}` });

const both = (name: string, probe: string): KillPoint[] => [point(name, 'A', probe), point(name, 'B', probe)];

/** Of a backup that is made from a running guest: on whichever host the survivor is, and the new backup. */
export const CLONING: readonly KillPoint[] = [
  ...both('clone: greeted', 'on.message.hello'),
  ...both('clone: welcome sent', 'after.send.welcome'),
  ...both('clone: welcome read', 'on.message.welcome'),
  ...both('clone: logging on', 'before.begin'),
  ...both('clone: copying', 'after.begin'),
  ...both('clone: a piece sent', 'after.send.frame'),
  ...both('clone: a piece received', 'on.message.frame'),
  ...both('clone: a round has ended', 'copy.round'),
  ...both('clone: before the state is sent', 'copy.commit'),
  ...both('clone: a piece or the state is here', 'after.feed'),
  ...both('clone: acknowledged', 'after.send.ack'),
  ...both('clone: ack seen', 'on.message.ack'),
  ...both('clone: given up', 'before.abandon'),
  ...both('clone: given up, others are tried', 'after.abandon'),
];

/** Of a planned switch, wherever the guest lives. */
export const SWITCHING: readonly KillPoint[] = [
  ...both('switch: ordered', 'on.switch'),
  ...both('switch: the guest is to stop', 'after.quiesce'),
  ...both('switch: it stands still', 'on.quiet'),
  ...both('switch: the backup has it all', 'before.settle'),
  ...both('switch: devices are at rest', 'on.settled'),
  ...both('switch: before the backup is told', 'before.send.yield'),
  ...both('switch: the backup is told', 'after.send.yield'),
  ...both('switch: the backup hears', 'on.message.yield'),
  ...both('switch: before the answer', 'before.send.taken'),
  ...both('switch: answered', 'after.send.taken'),
  ...both('switch: answer read', 'on.message.taken'),
  ...both('switch: called off', 'after.resume'),
];

/** Of an image that is made equal to another, on either side. */
export const MIRRORING: readonly KillPoint[] = [
  'open',
  'ready',
  'compare',
  'digests',
  'write',
  'written',
  'sync',
  'synced',
  'complete',
  'completed',
].flatMap((kind) => both(`image: ${kind}`, `mirror.${kind}`));

/** Of reads that the backup does itself, and of writes behind them. */
export const READING: readonly KillPoint[] = [
  point('read at the backup: asked for', 'B', 'said.read'),
  point('read at the backup: the guest waits', 'B', 'read.awaited'),
  point('read at the backup: the guest waits, to go live', 'B', 'read.awaited.draining'),
  point('read at the backup: failed, to be done again', 'B', 'read.again'),
  point('write behind a read: waits', 'A', 'write.waits'),
];

export const KILL_POINTS: readonly KillPoint[] = [
  point('input: arrived', 'A', 'input.arrived'),
  point('input, output: entry written', 'A', 'said.frame'),
  point('input, output: entry in buffer', 'A', 'on.frame'),
  point('input, output: before flush', 'A', 'before.send.frame'),
  point('input, output: flushed', 'A', 'after.send.frame'),
  point('half a message on the wire', 'B', 'half a message'),
  point('input, output: received', 'B', 'on.message.frame'),
  point('input, output: before it is fed', 'B', 'before.feed'),
  point('input, output: fed, not acked', 'B', 'after.feed'),
  point('input, output: before ack', 'B', 'before.send.ack'),
  point('input, output: acked', 'B', 'after.send.ack'),
  point('input, output: ack seen', 'A', 'on.message.ack'),
  point('output: guest issued', 'A', 'said.output'),
  point('output: queued for release', 'A', 'on.output.virtio1'),
  point('output: packet, before release', 'A', 'before.release.virtio1'),
  point('output: packet released', 'A', 'after.release.virtio1'),
  point('output: console released', 'A', 'after.release.uart'),
  point('output: released, reported', 'A', 'after.send.released'),
  point('disk: write queued for release', 'A', 'on.output.virtio0'),
  point('disk: write, before release', 'A', 'before.release.virtio0'),
  point('disk: write released', 'A', 'after.release.virtio0'),
  point('disk: before it is sent', 'A', 'disk.submit'),
  point('disk: answered, in bounce buffer', 'A', 'disk.answered'),
  point('disk: read asked for', 'A', 'said.direct'),
  point('detection: last heartbeat', 'A', 'after.heartbeat'),
  point('detection: last heartbeat', 'B', 'after.heartbeat'),
  point('detection: suspects', 'A', 'before.notice'),
  point('detection: suspects', 'B', 'before.notice'),
  point('test-and-set: before send', 'A', 'before.claim'),
  point('test-and-set: before send', 'B', 'before.claim'),
  point('test-and-set: sent', 'A', 'after.claim'),
  point('test-and-set: sent', 'B', 'after.claim'),
  point('test-and-set: reply read', 'A', 'on.claimed'),
  point('test-and-set: reply read', 'B', 'on.claimed'),
  point('go-live: before catch-up', 'B', 'before.drain'),
  point('go-live: mid catch-up', 'B', 'after.drain'),
  point('go-live: replay ended', 'B', 'said.drained'),
  point('go-live: before live', 'B', 'before.live'),
  point('go-live: after live, network told', 'B', 'after.live'),
  point('go-live: mid release', 'B', 'after.release.virtio1'),
  point('go-live: before re-issue', 'B', 'before.reissue'),
  point('go-live: mid re-issue', 'B', 'said.direct'),
  point('go-live: re-issue sent', 'B', 'disk.submit'),
  point('go-live: after re-issue', 'B', 'after.goLive'),
  point('alone: before live', 'A', 'before.live'),
  point('alone: after live', 'A', 'after.live'),
  point('pairing: greeted', 'B', 'on.message.hello'),
  point('pairing: welcome sent', 'B', 'after.send.welcome'),
  point('pairing: welcome read', 'A', 'on.message.welcome'),
  point('pairing: guest begins', 'A', 'before.begin'),
  point('control: off', 'A', 'before.off'),
  point('control: power-off replayed', 'B', 'said.off'),
  point('throttle: share changed', 'A', 'after.share'),
  point('buffer: primary stalls', 'A', 'after.stall'),
  point('buffer: backup reads no more', 'B', 'after.reading'),
];

/** Defects around the protocol: of the guest's doors, the disk, the arbiter. */

import { tick } from '../../../src/lib/brands.ts';
import { decodeChannelEvents, encodeEvents } from '../../../src/logformat/events.ts';
import { decodeFrame, encodeFrame, unpack } from '../../../src/logformat/frame.ts';
import type { ChannelRecord } from '../../../src/logformat/records.ts';
import { PLAIN } from '../node/log.ts';
import { Storage } from '../world/storage.ts';
import type { Mutant } from './mutant.ts';

/** The frame with its records changed; as it was when it holds none. */
function rewritten(
  bytes: Uint8Array,
  change: (records: readonly ChannelRecord[]) => readonly ChannelRecord[],
): Uint8Array {
  const frame = decodeFrame(bytes);
  if (frame.kind !== 'events') return bytes;
  const records = change(decodeChannelEvents(unpack(frame, PLAIN), frame.firstTick));
  const first = records[0]?.tick ?? frame.firstTick;
  const payload = encodeEvents(records, first);
  return encodeFrame({ kind: 'events', sequence: frame.sequence, firstTick: first, payload }, undefined);
}

/** Of the pages of a copy one frame is without its pages. */
function emptied(bytes: Uint8Array): Uint8Array {
  const { kind, sequence, firstTick } = decodeFrame(bytes);
  if (kind !== 'checkpoint' || firstTick > 0n || sequence !== 6) return bytes;
  return encodeFrame({ kind, sequence, firstTick, payload: new Uint8Array(0) }, undefined);
}

const INPUTS: ReadonlySet<string> = new Set(['clock', 'console', 'packet', 'disk', 'read', 'entropy']);

/** One input, and what is with it at its tick, comes a step late or early, where nothing else is. */
const moved =
  (steps: 1n | -1n) =>
  (records: readonly ChannelRecord[]): readonly ChannelRecord[] => {
    const at = records.findIndex(({ kind }) => INPUTS.has(kind));
    const from = records[at]?.tick;
    if (from === undefined || at === 0) return records;
    const to = tick(from + steps);
    if (records.some((one) => one.tick === to) || records[at - 1]!.tick === from) return records;
    return records.map((one, i) => (i >= at && one.tick === from ? { ...one, tick: to } : one));
  };

class OneFlag extends Storage {
  #holder: string | undefined;

  override decide(epoch: number, who: string): ReturnType<Storage['decide']> {
    this.#holder ??= who;
    if (who === this.#holder) return super.decide(epoch, who);
    return { kind: 'lost', holder: this.#holder };
  }
}

class NoFence extends Storage {
  protected override admits(): boolean {
    return true;
  }
}

class LastWins extends Storage {
  override decide(epoch: number, who: string): ReturnType<Storage['decide']> {
    const result = super.decide(epoch, who);
    return result.kind === 'lost' && epoch > 1 ? { kind: 'won' } : result;
  }
}

export const OTHER_MUTANTS: readonly Mutant[] = [
  { name: 'the flag is not of an epoch', hooks: () => ({ storage: OneFlag }) },
  { name: 'the test-and-set gives two winners', hooks: () => ({ storage: LastWins }) },
  { name: 'writes of a stale epoch are accepted', hooks: () => ({ storage: NoFence }) },
  { name: 'nothing is given out again on going live', hooks: () => ({ reissues: false }) },
  {
    name: 'direct DMA',
    hooks: () => ({
      diskReply: (machine, { request }, { data }) => {
        const page = machine.target(request);
        if (page !== undefined)
          machine.poke(
            page,
            data.reduce((sum, byte) => sum + byte, 1),
          );
      },
    }),
  },
  { name: 'an input comes one step late', hooks: () => ({ fed: (bytes) => rewritten(bytes, moved(1n)) }) },
  { name: 'an input comes one step early', hooks: () => ({ fed: (bytes) => rewritten(bytes, moved(-1n)) }) },
  {
    name: 'state digests are not compared',
    hooks: () => {
      let frames = 0;
      return {
        machine: (machine) => {
          machine.digest = () => '0'.repeat(16);
        },
        backupMachine: (machine) => {
          if (++frames === 20) machine.poke(3, 0x5eed);
        },
      };
    },
  },
  {
    name: 'the backup writes to the shared disk',
    hooks: () => ({
      backupGate: (gate, leak) => ({
        offer: (output, at) => {
          gate.offer(output, at);
          if (output.kind === 'disk' && output.operation.op === 'write') leak(output);
        },
        marked: (device, mark) => gate.marked(device, mark),
      }),
    }),
  },
  {
    name: 'an output leaves before its mark is in the log',
    hooks: () => ({
      primaryGate: (gate) => ({
        offer: (output, at) => {
          gate.offer(output, at);
          gate.marked(output.device, 0);
        },
        marked: () => {},
      }),
    }),
  },
  { name: 'the network is told before the replay is done', hooks: () => ({ announcesEarly: true }) },
  { name: 'the state of a copy does not wait for its image', hooks: () => ({ imagesWait: false }) },
  { name: 'a guest lives before its image is settled', hooks: () => ({ imagesSettle: false }) },
  { name: 'disk operations race', hooks: () => ({ racesFree: true }) },
  { name: 'a piece of a copy is lost', hooks: () => ({ fed: emptied }) },
  {
    name: 'pages that change between the last round and the state are missed',
    hooks: () => ({
      machine: (machine) => {
        const takeChanged = machine.takeChanged.bind(machine);
        machine.takeChanged = (from, most) => (most === Number.POSITIVE_INFINITY ? [] : takeChanged(from, most));
      },
    }),
  },
];

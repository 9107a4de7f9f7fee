/** What the main threads of a pair want of their guests' threads, and what those make of it. */
import { expect, test } from 'vitest';
import { ChannelRecords } from '../../../src/ft/guest/channel-records.ts';
import { monotonicNs } from '../../../src/host/clock.ts';
import { RNG_SEED_BYTES, SeededEntropy } from '../../../src/host/entropy.ts';
import { zstd } from '../../../src/host/zstd.ts';
import { eachThread, framesOf } from './threads.ts';

test('a guest stands still while anybody wants it to', async () => {
  const thread = eachThread().primary();
  const { guest } = thread;
  await thread.goesOn();
  guest.stall('buffer', true);
  guest.stall('devices', true);
  expect(await thread.standsStill()).toBe(true);
  guest.stall('buffer', false);
  expect(await thread.standsStill()).toBe(true);
  guest.stall('devices', false);
  await thread.goesOn();
});

test('a guest that gets next to nothing of the processor comes to a stop, and still ends when it is to', async () => {
  const thread = eachThread().primary();
  await thread.goesOn();
  // A slice of a millisecond is a wait of ten seconds and more.
  thread.guest.share(1e-4);
  expect(await thread.standsStill()).toBe(true);
  thread.guest.stop();
  expect(await thread.end).toMatchObject({ kind: 'stopped' });
});

/** Tick of the last record in these frames. */
function lastTick(frames: readonly Uint8Array[]): bigint | undefined {
  const records = new ChannelRecords(zstd);
  for (const frame of frames) records.push(frame);
  let last: bigint | undefined;
  for (let { value } = records.next(); value !== undefined && 'tick' in value; { value } = records.next())
    last = value.tick;
  return last;
}

test('a guest that has come to a stop has told all up to the very tick where it stands', async () => {
  const thread = eachThread().primary();
  const quiet = (number: number) => (one: (typeof thread.reports)[number]) =>
    one.kind === 'quiet' && one.number === number;
  await thread.goesOn();
  thread.guest.quiesce(1);
  await thread.until(({ reports }) => reports.some(quiet(1)));
  expect(await thread.standsStill()).toBe(true);
  thread.guest.resume();
  await thread.goesOn();
  thread.guest.quiesce(2);
  await thread.until(({ reports }) => reports.some(quiet(2)));
  const told = thread.reports.slice(0, thread.reports.findIndex(quiet(2)));
  thread.guest.stop();
  const { totals } = await thread.end;
  expect(lastTick(framesOf(told))).toBe(totals!.ticks);
});

/** Says every byte that it reads of the seed CSR, and takes its time in between. */
const SAYS_ENTROPY = `
  li s0, 0x10000000
again: csrrw t0, seed, zero
  sb t0, 0(s0)
  srli t0, t0, 8
  sb t0, 0(s0)
  li t1, 20000
wait: addi t1, t1, -1
  bne t1, zero, wait
  j again
`;

test('random bytes from a seed go on at the backup behind what the primary has given', async () => {
  const threads = eachThread();
  const entropy = { kind: 'seed', seed: 7n } as const;
  const primary = threads.primary({ program: SAYS_ENTROPY, entropy });
  await primary.until(({ said }) => said.length >= 40);
  const [frames, before] = [framesOf(primary.reports), primary.said];
  primary.guest.stop();
  await primary.end;
  const backup = threads.backup({ entropy });
  for (const bytes of frames) backup.guest.order({ kind: 'feed', receivedNs: monotonicNs(), bytes });
  backup.guest.order({ kind: 'drain' });
  await backup.reported('drained');
  // What had left is covered by the frames: the replay has said it too.
  const replayed = backup.said;
  expect(replayed.subarray(0, before.length)).toEqual(before);
  backup.guest.order({ kind: 'goLive' });
  await backup.until(({ said }) => said.length >= replayed.length + 40);
  const stream = new SeededEntropy(entropy.seed);
  stream.skip(RNG_SEED_BYTES);
  const { said } = backup;
  expect(said).toEqual(stream.bytes(said.length));
});

/** The parts of a side on their own. */
import { expect, test, vi } from 'vitest';
import type { Output } from '../../../src/emu/machine/events.ts';
import { METHOD_DEFAULTS } from '../../../src/ft/guest/method.ts';
import { ConsoleOnce } from '../../../src/host/ft/console-once.ts';
import { type Core, CoreDriver } from '../../../src/host/ft/core-driver.ts';
import { Devices } from '../../../src/host/ft/devices.ts';
import {
  decodeOrder,
  decodeReport,
  encodeOrder,
  encodeReport,
  type Report,
} from '../../../src/host/ft/ring-messages.ts';
import { decodeSurroundings, encodeSurroundings, insideOf, requireCommon } from '../../../src/host/ft/surroundings.ts';
import { DEFAULTS } from '../../../src/host/guest-options.ts';
import type { Message } from '../../../src/host/messages.ts';
import type { HostPort, Inbox } from '../../../src/host/ports/port.ts';
import { tick } from '../../../src/lib/brands.ts';

const bytesOf = ({ head, body }: Message): Uint8Array => new Uint8Array([...head, ...body]);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const said = (words: string): Uint8Array => new TextEncoder().encode(words);
const said1 = (words: string, device = 'uart'): Output => ({ kind: 'console', device, bytes: said(words) });

test('what goes through the rings comes out as it went in', () => {
  const reports: Report[] = [
    { kind: 'frame', copy: 3, sequence: 4_000_000_000, last: true, commit: false, bytes: said('a frame') },
    { kind: 'output', device: 'uart', unit: 1n << 60n, output: said1('hello') },
    {
      kind: 'output',
      device: 'virtio0',
      unit: 3n,
      output: { kind: 'disk', device: 'virtio0', request: 7, operation: { op: 'write', offset: 512, data: said('x') } },
    },
    { kind: 'executed', sequence: -1, tick: tick(1n << 50n), digests: 12 },
    { kind: 'drained' },
    { kind: 'covered', number: 70_000 },
    {
      kind: 'copying',
      copy: 2,
      progress: { round: 1, pages: 7, left: 9, bytes: 1 << 20, pausedNs: 5e6, slow: false },
    },
  ];
  for (const report of reports) expect(decodeReport(bytesOf(encodeReport(report)))).toEqual(report);
  for (const order of [
    { kind: 'feed', receivedNs: 1n << 62n, bytes: said('frame') },
    { kind: 'drain' },
    { kind: 'goLive' },
    { kind: 'copy', copy: 3 },
    { kind: 'endCopy', copy: 0 },
    { kind: 'quiesce', number: 70_000 },
    { kind: 'cover', number: 70_000 },
  ] as const) {
    expect(decodeOrder(bytesOf(encodeOrder(order)))).toEqual(order);
  }
});

test('the console of a pair is shown once: what is said again is not, what begins in the middle goes on', () => {
  let shown = '';
  const console = new ConsoleOnce((_, bytes) => {
    shown += text(bytes);
  });
  console.say('uart', 3n, said('abc'));
  console.say('uart', 3n, said('bc'));
  console.say('uart', 5n, said('cde'));
  console.say('uart', 6n, said('f'));
  expect(shown).toBe('abcdef');
  expect(() => console.say('uart', 9n, said('i'))).toThrow(/missing/);
});

/** A core that does what it is told, for the order in which things happen. */
class ScriptedCore implements Core<{ readonly kind: string }, string> {
  readonly handled: string[] = [];
  deadline: number | undefined;
  handle({ kind }: { readonly kind: string }): readonly string[] {
    this.handled.push(kind);
    if (kind === 'time') this.deadline = undefined;
    return kind === 'ask' ? ['tell', 'then'] : [];
  }
}

test('an event that comes while effects are carried out waits until they are', () => {
  const core = new ScriptedCore();
  const order: string[] = [];
  const driver: CoreDriver<{ readonly kind: string }, string> = new CoreDriver(core, (effect) => {
    order.push(effect);
    if (effect === 'tell') driver.tell({ kind: 'answer' });
  });
  driver.tell({ kind: 'ask' });
  expect(order).toEqual(['tell', 'then']);
  expect(core.handled).toEqual(['ask', 'answer']);
  driver.stop();
  driver.tell({ kind: 'late' });
  expect(core.handled).toEqual(['ask', 'answer']);
});

test('the deadline is kept by one timer, also when it moves', async () => {
  const core = new ScriptedCore();
  let handled = 0;
  const driver = new CoreDriver<{ readonly kind: string }, string>(
    core,
    () => {},
    () => handled++,
  );
  core.deadline = performance.now() + 60_000;
  driver.tell({ kind: 'a' });
  core.deadline = performance.now() + 20;
  driver.tell({ kind: 'b' });
  await vi.waitFor(() => expect(core.handled).toEqual(['a', 'b', 'time']), { timeout: 30_000 });
  // Who wants to know of every change hears of those that time has brought, too.
  expect(handled).toBe(3);
  driver.stop();
});

class SlowPort implements HostPort {
  readonly device: string;
  readonly taken: string[] = [];
  go: () => void = () => {};
  constructor(device: string) {
    this.device = device;
  }
  async open(): Promise<void> {}
  take(output: Output): Promise<void> | undefined {
    if (output.kind === 'console') this.taken.push(text(output.bytes));
    return new Promise((done) => {
      this.go = done;
    });
  }
  async close(): Promise<void> {}
}
const inbox = {} as Inbox;

test('devices get nothing before they begin; one that holds is waited for and holds up no other', async () => {
  const [slow, other] = [new SlowPort('uart'), new SlowPort('virtio1')];
  const congested: boolean[] = [];
  const devices = new Devices(
    [slow, other],
    (is) => congested.push(is),
    () => {},
  );
  devices.release({ device: 'uart', unit: 1n, payload: said1('1') });
  await devices.open(inbox);
  expect(slow.taken).toEqual([]);
  devices.begin();
  expect(slow.taken).toEqual(['1']);
  devices.release({ device: 'uart', unit: 2n, payload: said1('2') });
  devices.release({ device: 'virtio1', unit: 1n, payload: said1('other', 'virtio1') });
  expect(slow.taken).toEqual(['1']);
  expect(other.taken).toEqual(['other']);
  devices.release({ device: 'uart', unit: 3n, payload: said1('x'.repeat(2 << 20)) });
  expect(congested).toEqual([true]);
  for (const count of [2, 3]) {
    slow.go();
    await vi.waitFor(() => expect(slow.taken).toHaveLength(count), { timeout: 30_000 });
  }
  expect(congested).toEqual([true, false]);
});

test('a drive is what both sides have, or each side has its own: nothing else is taken for a pair', () => {
  const file = (mode: 'cow' | 'write' | 'own' | 'readonly') => ({ path: '/disk.img', mode });
  const served = { address: { kind: 'tcp', host: '10.0.0.9', port: 10809 }, export: 'disk' } as const;
  requireCommon([file('own'), file('readonly'), { path: served, mode: 'write' }], METHOD_DEFAULTS);
  expect(() => requireCommon([file('cow')], METHOD_DEFAULTS)).toThrow('private to one side');
  expect(() => requireCommon([{ path: served, mode: 'own' }], METHOD_DEFAULTS)).toThrow('both sides would write');
  const checkpoints = { ...METHOD_DEFAULTS, name: 'checkpoints' } as const;
  requireCommon([file('readonly'), { path: served, mode: 'write' }], checkpoints);
  expect(() => requireCommon([file('own')], checkpoints)).toThrow('replays no writes');
  expect(insideOf([file('readonly'), file('own'), file('write'), file('own')])).toEqual(
    new Set(['virtio1', 'virtio3']),
  );
});

test('surroundings go through a hello, and what is given at the backup wins', () => {
  const { drives, uart, consoles, engine } = DEFAULTS;
  const nets = [{ peer: { kind: 'unix', path: '/run/net' }, mac: Uint8Array.of(2, 0, 0, 0, 0, 1), mtu: 9000 }] as const;
  const entropy = { kind: 'seed', seed: (1n << 64n) - 1n } as const;
  const method = { name: 'epochs', epochTicks: 1n << 60n, diskReads: 'log', checkpointsPerSecond: 40 } as const;
  const told = { drives: [{ path: '/a', mode: 'write' }], nets, uart, consoles, entropy, engine } as const;
  const bytes = encodeSurroundings(told, method);
  expect(decodeSurroundings(bytes, {})).toMatchObject({ drives: told.drives, nets, entropy, method });
  expect(decodeSurroundings(bytes, { drives, uart: { kind: 'none' } })).toMatchObject({
    drives,
    uart: { kind: 'none' },
    nets,
  });
  expect(() => decodeSurroundings(said('{}'), {})).toThrow(/does not understand/);
});
